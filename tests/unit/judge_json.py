# Judges what "cxltier COMMAND --json" prints, from the standard input, by the schema: one object, or
# one in each line. Members that the schema does not name are faults here, although programs that read
# it must bear them.
#
#   python3 judge_json.py SCHEMA COMMAND
import json
import sys

import jsonschema


def close(schema):
    """Lets no object have members that are not named, wherever the schema names any."""
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


def objects(text, by_line):
    return [json.loads(line) for line in text.splitlines()] if by_line else [json.loads(text)]


path, command = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    whole = json.load(file)
jsonschema.Draft202012Validator.check_schema(whole)
close(whole["$defs"])
whole["$ref"] = "#/$defs/" + command.replace(" ", "_")
judge = jsonschema.Draft202012Validator(whole)
found = objects(sys.stdin.read(), command in ("top", "monitor"))
if not found:
    sys.exit(f"{command}: printed nothing")
for number, thing in enumerate(found):
    for error in judge.iter_errors(thing):
        where = "/".join(str(part) for part in error.absolute_path)
        print(f"{command}: object {number}: {where}: {error.message}")
        number = -1
    if number < 0:
        sys.exit(1)
