/* What is private in a home folder, in one list: the sandbox hides these places inside whatever is granted, and the agent never asks for them.
 * Each is named with why: keys and passwords, what is started at a login, a browser's or mail program's own, what was typed. */
#pragma once

#define PRIVATE_IN_HOME(KEYS, START, BROWSER, HISTORY) \
        KEYS(".ssh") KEYS(".gnupg") KEYS(".pki") KEYS(".password-store") KEYS(".local/share/keyrings") KEYS(".local/share/kwalletd") \
        KEYS(".local/share/kwallet") KEYS(".config/kwalletrc") KEYS(".config/keepassxc") KEYS(".keepass") KEYS(".electrum") \
        KEYS(".bitcoin") KEYS(".ethereum") KEYS(".monero") KEYS(".config/solana") KEYS(".solana") KEYS(".minisign") KEYS(".step") \
        KEYS(".cert") KEYS(".gnome2/keyrings") KEYS(".config/syncthing") KEYS(".local/state/syncthing") KEYS(".aws") KEYS(".azure") \
        KEYS(".kube") KEYS(".docker") KEYS(".config/gcloud") KEYS(".config/gh") KEYS(".config/hub") KEYS(".config/rclone") \
        KEYS(".config/doctl") KEYS(".config/op") KEYS(".config/sops") KEYS(".netrc") KEYS(".git-credentials") \
        KEYS(".pgpass") KEYS(".my.cnf") KEYS(".npmrc") KEYS(".pypirc") KEYS(".cargo/credentials") \
        KEYS(".cargo/credentials.toml") KEYS(".vault-token") KEYS(".claude") KEYS(".claude.json") KEYS(".codex") KEYS(".gemini") \
        KEYS(".config/anthropic") KEYS(".config/openai") KEYS(".config/github-copilot") KEYS(".huggingface") \
        KEYS(".cache/huggingface/token") KEYS(".config/pip") KEYS(".pip") KEYS(".gem/credentials") KEYS(".m2/settings.xml") \
        KEYS(".m2/settings-security.xml") KEYS(".gradle/gradle.properties") KEYS(".s3cfg") KEYS(".boto") KEYS(".oci") \
        KEYS(".config/hcloud") KEYS(".config/filezilla") KEYS(".config/remmina") KEYS(".local/share/remmina") KEYS(".muttrc") \
        KEYS(".mutt") KEYS(".fetchmailrc") KEYS(".msmtprc") KEYS(".config/msmtp") KEYS(".irssi") KEYS(".config/weechat") \
        KEYS(".config/Code/User/globalStorage") KEYS(".terraform.d") KEYS(".config/containers/auth.json") KEYS(".Xauthority") \
        KEYS(".ICEauthority") KEYS(".esd_auth") KEYS(".config/pulse/cookie") KEYS(".kde/share/apps/kwallet") KEYS(".authinfo") \
        KEYS(".config/git") KEYS(".gitconfig") \
        START(".bashrc") START(".bash_profile") START(".bash_login") START(".bash_logout") START(".bash_aliases") START(".profile") \
        START(".zshrc") START(".zshenv") START(".zprofile") START(".zlogin") START(".zlogout") START(".cshrc") START(".tcshrc") \
        START(".login") START(".kshrc") START(".config/fish") START(".xinitrc") START(".xsession") START(".xsessionrc") \
        START(".xprofile") START(".pam_environment") START(".config/environment.d") START(".envrc") START(".inputrc") \
        START(".Xresources") START(".vimrc") START(".config/nvim") START(".emacs") START(".emacs.d") START(".config/autostart") \
        START(".config/systemd") START(".local/bin") START(".local/share/applications") START(".local/share/systemd") \
        START(".config/impromptu") \
        BROWSER(".mozilla") BROWSER(".thunderbird") BROWSER(".config/chromium") BROWSER(".config/google-chrome") \
        BROWSER(".config/google-chrome-beta") BROWSER(".config/BraveSoftware") BROWSER(".config/microsoft-edge") \
        BROWSER(".config/vivaldi") BROWSER(".config/opera") BROWSER(".config/epiphany") BROWSER(".local/share/epiphany") \
        BROWSER(".local/share/evolution") BROWSER(".config/evolution") BROWSER(".librewolf") BROWSER(".waterfox") BROWSER(".zen") \
        BROWSER(".config/protonmail") BROWSER(".tor-browser") BROWSER(".var/app") BROWSER("snap") BROWSER(".config/Signal") \
        BROWSER(".config/Slack") BROWSER(".config/discord") BROWSER(".config/Element") BROWSER(".local/share/TelegramDesktop") \
        BROWSER(".cache/mozilla") BROWSER(".cache/chromium") BROWSER(".cache/google-chrome") BROWSER(".cache/thunderbird") \
        HISTORY(".bash_history") HISTORY(".zsh_history") HISTORY(".histfile") HISTORY(".python_history") HISTORY(".local/share/fish") \
        HISTORY(".lesshst") HISTORY(".viminfo") HISTORY(".sqlite_history") HISTORY(".psql_history") HISTORY(".node_repl_history") \
        HISTORY(".local/share/recently-used.xbel")
