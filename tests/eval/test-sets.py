#!/usr/bin/python3
"""Verifies the sets of data/eval: they keep to their schemas, they are as large as they should be, and no sentence of theirs resembles an example of a prompt, a
recording or a pattern, so that what is measured was not shown. Speaks TAP. Usage: test-sets.py DATA"""
import json, os, re, sys, traceback, unicodedata

import jsonschema

DATA = os.path.abspath(sys.argv[1])
PROTOCOLS = os.path.join(os.path.dirname(DATA), "protocols")
ALIKE = 0.5       # of the words that say what a sentence is about, shared with another one
ROUTES_MIN, LANGUAGES_MIN, PROMPTS_MIN, CHAINS_MIN, EDITS_MIN = 150, 4, 40, 8, 2
PLAIN = set("""a an the and or of to in on for with by as is are it that this i me my at from be how what which where all one two each not no do does if so up out
der die das ein eine einen und oder mit für im in zu zum auf von ich mir mein meine ist wie was le la les un une et ou de du des pour avec en sur je moi mon ma est que
el los las una y o con para en mi es qué cuál il lo di e per con field fields button buttons press shows show says say app make write""".split())


def read(*path):
    with open(os.path.join(DATA, *path), encoding="utf-8") as file:
        return file.read()


def words(sentence):
    folded = "".join(c for c in unicodedata.normalize("NFKD", sentence.lower()) if not unicodedata.combining(c))
    return {word for word in re.findall(r"\w+", folded) if word not in PLAIN}


def alike(one, other):
    """How much of the shorter sentence's own words the longer one has as well."""
    a, b = words(one), words(other)
    return len(a & b) / max(1, min(len(a), len(b))) if min(len(a), len(b)) > 1 else float(a == b and bool(a))


def shown():
    """Every sentence that a model or a program has been given: turns of prompts, recordings, patterns."""
    found = set()
    for folder in ("prompts", "patterns"):
        for where, _, names in os.walk(os.path.join(DATA, folder)):
            for name in names:
                if name != "README.md":
                    found |= set(re.findall(r'(?:Sentence|sentence|"sentence"|"say")"?: "?([^"\n{]+)', read(where, name)))
                    found |= set(re.findall(r"^ \* ([^@{\n]+)$", read(where, name), re.M))  # a function's comment
    for where, _, names in os.walk(os.path.join(DATA, "rehearsal")):
        for name in names:
            found |= set(re.findall(r"^sentence: (.+)$", read(where, name), re.M))
    return {sentence.strip() for sentence in found if sentence.strip()}


def sets(name, field):
    return json.loads(read("eval", name))[field]


def test_schemas():
    store = {}
    for name in os.listdir(PROTOCOLS):
        if name.endswith(".schema.json"):
            with open(os.path.join(PROTOCOLS, name), encoding="utf-8") as file:
                schema = json.load(file)
            store[schema["$id"]] = store[name] = schema
    for name in ("route", "apps"):
        schema = json.loads(read("eval", name + ".schema.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver(schema["$id"], schema, store=store)
        files = [one for one in os.listdir(os.path.join(DATA, "eval")) if re.fullmatch(name + r"(-\d+)?\.json", one)] + ["dozen.json", "chains.json"] * (name == "apps")
        assert files
        for one in files:
            jsonschema.Draft202012Validator(schema, resolver=resolver).validate(json.loads(read("eval", one)))


def test_sizes():
    cases = sets("route.json", "cases")
    assert len(cases) >= ROUTES_MIN and len({case["lang"] for case in cases}) >= LANGUAGES_MIN
    assert len({case["say"].lower() for case in cases}) == len(cases), "a sentence is there twice"
    assert {case["want"] for case in cases} == {"open", "app", "edit", "fix", "tool", "content", "system"}
    for case in cases:
        assert case.get("front") is None or case["front"] in case["apps"], case
        assert case["want"] not in ("edit", "fix") or "front" in case, case
    prompts, chains, mutations = sets("apps.json", "prompts"), sets("chains.json", "prompts"), json.loads(read("eval", "mutations.json"))
    assert len(prompts) >= PROMPTS_MIN and len(chains) >= CHAINS_MIN and not any("edits" in prompt for prompt in prompts)
    names = [prompt["name"] for prompt in prompts + chains]
    assert len(set(names)) == len(names) and set(mutations) == set(names), set(mutations) ^ set(names)
    assert set(sets("dozen.json", "names")) <= set(mutations) and len(set(sets("dozen.json", "names"))) == 12
    pages = sorted(name[:-5] for name in os.listdir(os.path.join(DATA, "eval", "reference")))
    wanted = sorted(names + [f"{chain['name']}-{number}" for chain in chains for number in range(1, len(chain["edits"]) + 1)])
    assert pages == wanted, set(pages) ^ set(wanted)


def test_chains():
    """An edit names checks that hold before it, by texts that stand for one of them alone; some of those that hold before it must hold on."""
    for chain in sets("chains.json", "prompts"):
        holds = [check["text"] for check in chain["checks"]]
        assert len(chain["edits"]) >= EDITS_MIN, chain["name"]
        for edit in chain["edits"]:
            replaced = edit.get("replaces", [])
            assert set(replaced) <= set(holds) and len(set(replaced)) < len(holds), (chain["name"], edit["say"])
            holds = [text for text in holds if text not in replaced] + [check["text"] for check in edit["checks"]]
            assert len(set(holds)) == len(holds), (chain["name"], holds)


def test_apart():
    """A sentence of the router's set of one or two words (“minesweeper”) may only not be shown itself."""
    known = shown()
    assert len(known) > 25, known
    faults = []
    for name, field in (("route.json", "cases"), ("route-2.json", "cases"), ("apps.json", "prompts"), ("chains.json", "prompts")):
        for case in [one for case in sets(name, field) for one in (case, *case.get("edits", []))]:
            for sentence in known:
                if alike(case["say"], sentence) > ALIKE and (field == "prompts" or len(words(sentence)) > 1):
                    faults.append(f"{name}: “{case['say'][:80]}” resembles “{sentence[:80]}” ({alike(case['say'], sentence):.2f})")
    assert not faults, "\n".join(faults)


def main():
    tests = (test_schemas, test_sizes, test_chains, test_apart)
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} {test.__name__[5:]}")
        except Exception:
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()) + f"not ok {number} {test.__name__[5:]}")


main()
