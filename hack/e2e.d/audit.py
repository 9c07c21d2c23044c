#!/usr/bin/env python3
"""Compares the requests of the operator with its rights.

    audit.py [--whole] AUDIT_LOG USER RULES_SOURCE < its roles as JSON

Fails if the API server refused a request with 403. With --whole, after a run of all examples, prints each right that no
request used, with the reason beside the list of rules: "// RESOURCE, RESOURCE VERB, VERB: why". Fails if a reason is missing.
"""

import json
import re
import sys
from collections import Counter

VERB = "(?:get|list|watch|create|update|patch|delete)"
WORD = re.compile(rf"^\s*// ([a-z/]+(?:, [a-z/]+)*) ({VERB}(?:, {VERB})*): (.+)$")


def requests(path: str, user: str):
    """Of each answered request of the user: the group, the resource, the verb and the code."""
    with open(path) as log:
        for line in log:
            # The last line may be half written.
            if user not in line or not line.endswith("\n"):
                continue
            event = json.loads(line)
            target = event.get("objectRef")
            if event["user"]["username"] != user or not target:
                continue
            resource = target["resource"] + (f"/{target['subresource']}" if "subresource" in target else "")
            code = event.get("responseStatus", {}).get("code", 0)
            yield target.get("apiGroup", ""), resource, event["verb"], code, event


def rights(roles: str):
    decoder = json.JSONDecoder()
    while roles := roles.lstrip():
        role, end = decoder.raw_decode(roles)
        roles = roles[end:]
        for rule in role["rules"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for verb in rule["verbs"]:
                        yield group, resource, verb


def words(path: str) -> dict:
    """Of each resource and verb, why no example uses the right."""
    found = {}
    with open(path) as source:
        for line in source:
            if match := WORD.match(line):
                resources, verbs, why = match.groups()
                found |= {(resource, verb): why for resource in resources.split(", ") for verb in verbs.split(", ")}
    return found


def main(arguments: list[str]) -> int:
    whole = "--whole" in arguments
    log, user, source = [argument for argument in arguments if argument != "--whole"]
    used, refused = Counter(), []
    for group, resource, verb, code, event in requests(log, user):
        used[group, resource, verb] += 1
        # An apply is a patch, and creates what is not there by the right to create.
        if verb == "patch" and code == 201:
            used[group, resource, "create"] += 1
        if code == 403:
            refused.append(f"{verb} {event['requestURI']}: {event['responseStatus'].get('message', '')}")
    print(f"the operator asked the API server {sum(used.values())} times, and was refused {len(refused)} times")
    for line in refused:
        print(f"  refused: {line}")
    if not used:
        print(f"  there is no request of {user}: is this the name of its account?")

    unused = [right for right in rights(sys.stdin.read()) if right not in used]
    if not whole:
        print(f"{len(unused)} rights were not used, as is to be expected of some examples alone")
        return 1 if refused or not used else 0
    why = words(source)
    missing = [right for right in unused if right[1:] not in why]
    print(f"{len(unused)} rights were not used:" if unused else "each right was used")
    for group, resource, verb in unused:
        print(f"  {resource}{'.' + group if group else ''} {verb}: {why.get((resource, verb), 'no word why')}")
    if missing:
        print(f"{len(missing)} of them have no word why in {source}")
    return 1 if refused or not used or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
