"""Attacks on the sandbox, one module a letter. Each is a piece of Python that is run as a tool: `return True` means that it got what it wanted.

An attack is (id, what, code) or (id, what, code, options). Options: control=True, it is run without the sandbox first and must succeed there; before and after,
functions of the stage on the host's side, after says whether it succeeded after all; grant, the kind of grant of the folder DOCS (read by default); run, the programs that are granted; app, the app that calls;
ends=True: the call itself is expected to end in an error of one of these kinds.
"""
