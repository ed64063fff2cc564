"""Computes one expression of a check, such as 25 * 60 or len("Hello world!".split()). Nothing is ever evaluated as Python: the expression is parsed, and
only literals, arithmetic, comparisons, and the functions and methods named here are carried out, each within a bound."""
import ast
import datetime
import math
import operator

NODES_MAX = 400
NUMBER_MAX = 10 ** 60
LENGTH_MAX = 20000


def days_between(a, b):
    return (to_date(b) - to_date(a)).days


def to_date(value):
    return datetime.date.fromisoformat(value) if isinstance(value, str) else value


def add_days(day, days):
    return to_date(day) + datetime.timedelta(days=days)


def weekday(day):
    return ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[to_date(day).weekday()]


def number(text):
    value = float(text) if isinstance(text, str) else text
    return int(value) if isinstance(value, float) and value.is_integer() else value


FUNCTIONS = {
    "abs": abs, "bool": bool, "float": float, "int": int, "len": len, "list": list, "max": max, "min": min, "number": number, "range": range,
    "reversed": lambda value: list(reversed(value)), "round": round, "set": lambda value: sorted(set(value)), "sorted": sorted, "str": lambda value: show(value),
    "sum": sum, "floor": math.floor, "ceil": math.ceil, "sqrt": math.sqrt, "gcd": math.gcd, "log": math.log, "log10": math.log10, "log2": math.log2,
    "exp": math.exp, "sin": math.sin, "cos": math.cos, "tan": math.tan, "factorial": lambda n: math.factorial(min(n, 200)), "ord": ord, "chr": chr,
    "divmod": divmod, "date": lambda *a: datetime.date(*a) if len(a) == 3 else to_date(*a), "time": datetime.time, "datetime": datetime.datetime,
    "days": lambda n: datetime.timedelta(days=n), "hours": lambda n: datetime.timedelta(hours=n), "minutes": lambda n: datetime.timedelta(minutes=n),
    "seconds": lambda n: datetime.timedelta(seconds=n), "days_between": days_between, "add_days": add_days, "weekday": weekday,
}
NAMES = {"pi": math.pi, "e": math.e, "true": True, "false": False}
METHODS = {
    str: {"upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "splitlines", "join", "replace", "count", "find", "index", "startswith",
          "endswith", "isdigit", "isalpha", "isalnum", "zfill", "rjust", "ljust", "center", "swapcase", "casefold"},
    list: {"count", "index"},
    tuple: {"count", "index"},
    datetime.datetime: {"isoformat", "strftime", "weekday", "isoweekday", "date", "time"},
    datetime.date: {"isoformat", "strftime", "weekday", "isoweekday"},
    datetime.time: {"isoformat", "strftime"},
    datetime.timedelta: {"total_seconds"},
}
FIELDS = {"year", "month", "day", "hour", "minute", "second", "days"}
BINARY = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod}
UNARY = {ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Not: operator.not_}
COMPARE = {ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
           ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b}


def bounded(value):
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > NUMBER_MAX:
        raise ValueError("a number became too large")
    if isinstance(value, (str, list, tuple, range)) and len(value) > LENGTH_MAX:
        raise ValueError("a text or list became too long")
    return value


def multiply(a, b):
    for text, times in ((a, b), (b, a)):
        if isinstance(text, (str, list, tuple)) and isinstance(times, int) and len(text) * times > LENGTH_MAX:
            raise ValueError("a text or list became too long")
    return a * b


def power(a, b):
    if abs(b) > 400 or (abs(a) > 1 and abs(b) * math.log10(abs(a)) > 60):
        raise ValueError("a number became too large")
    return a ** b


def percent(a, b):
    if isinstance(a, str) and any(part.isdigit() and int(part) > 100 for part in a.replace("%", " ").replace(".", " ").replace("d", " ").replace("s", " ").split()):
        raise ValueError("the format is too wide")
    return a % b


def call(node, names):
    arguments = [compute(argument, names) for argument in node.args]
    if any(keyword.arg not in ("reverse", "sep", "maxsplit") for keyword in node.keywords):
        raise ValueError("only plain arguments can be used here")
    options = {keyword.arg: compute(keyword.value, names) for keyword in node.keywords}
    if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return FUNCTIONS[node.func.id](*arguments, **options)
    if isinstance(node.func, ast.Attribute):
        owner = compute(node.func.value, names)
        allowed = METHODS.get(type(owner), ())
        if node.func.attr in allowed:
            if node.func.attr in ("zfill", "rjust", "ljust", "center") and arguments[0] > LENGTH_MAX:
                raise ValueError("a text became too long")
            if node.func.attr == "replace" and len(owner) * max(1, len(arguments[1])) > LENGTH_MAX:
                raise ValueError("a text became too long")
            return getattr(owner, node.func.attr)(*arguments, **options)
        raise ValueError(f"there is no method {node.func.attr} here")
    raise ValueError(f"there is no function {getattr(node.func, 'id', '?')} here")


def each(node, names):
    """A comprehension with one `for`."""
    if len(node.generators) != 1 or not isinstance(node.generators[0].target, ast.Name):
        raise ValueError("only one plain `for` can be used here")
    loop = node.generators[0]
    values = []
    for value in bounded(compute(loop.iter, names)):
        inner = dict(names, **{loop.target.id: value})
        if all(compute(condition, inner) for condition in loop.ifs):
            values.append(compute(node.elt, inner))
    return values


def joined(node, names):
    parts = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(value.value)
            continue
        spec = joined(value.format_spec, names) if value.format_spec else ""
        if any(int(digits) > 100 for digits in "".join(c if c.isdigit() else " " for c in spec).split()):
            raise ValueError("the format is too wide")
        inner = compute(value.value, names)
        parts.append(format(inner, spec) if spec else show(inner))
    return "".join(parts)


def compute(node, names):
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bool)):
        return bounded(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, (ast.List, ast.Tuple)):
        items = [compute(item, names) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        return UNARY[type(node.op)](compute(node.operand, names))
    if isinstance(node, ast.BinOp):
        a, b = compute(node.left, names), compute(node.right, names)
        special = {ast.Mult: multiply, ast.Pow: power, ast.Mod: percent}.get(type(node.op)) or BINARY.get(type(node.op))
        if special:
            return bounded(special(a, b))
    if isinstance(node, ast.BoolOp):
        values = [compute(value, names) for value in node.values]
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.Compare) and all(type(op) in COMPARE for op in node.ops):
        values = [compute(value, names) for value in [node.left, *node.comparators]]
        return all(COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, values, values[1:]))
    if isinstance(node, ast.IfExp):
        return compute(node.body if compute(node.test, names) else node.orelse, names)
    if isinstance(node, ast.Subscript):
        owner = compute(node.value, names)
        if isinstance(node.slice, ast.Slice):
            bounds = [compute(part, names) if part else None for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            return owner[slice(*bounds)]
        return owner[compute(node.slice, names)]
    if isinstance(node, ast.Attribute) and node.attr in FIELDS:
        owner = compute(node.value, names)
        if isinstance(owner, (datetime.date, datetime.time, datetime.timedelta)):
            return getattr(owner, node.attr)
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        return each(node, names)
    if isinstance(node, ast.JoinedStr):
        return bounded(joined(node, names))
    if isinstance(node, ast.Call):
        return bounded(call(node, names))
    raise ValueError("only literals, arithmetic, and text and date functions can be used here")


def show(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("the result is no number")
        return str(int(value)) if value.is_integer() else repr(float(f"{value:.12g}"))
    if isinstance(value, (list, tuple, range)):
        return ", ".join(show(item) for item in value)
    return str(value)


def run(args: dict) -> dict:
    tree = ast.parse(args["expression"].strip(), mode="eval")
    if sum(1 for _ in ast.walk(tree)) > NODES_MAX:
        raise ValueError("the expression is too long")
    return {"value": show(compute(tree.body, NAMES))}
