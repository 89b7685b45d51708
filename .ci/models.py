"""Cuts botocore's service models down to the operations of tests/models/operations.txt and what they reach, without the prose."""

import json
import pathlib
import sys

import botocore
import botocore.loaders

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "models"
PROSE = {"documentation", "documentationUrl", "deprecatedMessage"}


def main(arguments):
    write = arguments == ["--write"]
    assert write or not arguments, "usage: .ci/models [--write]"
    expected = dict(models((FOLDER / "operations.txt").read_text()))
    there = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    wrong = sorted(name for name in expected | there if expected.get(name) != there.get(name))
    if not write:
        if wrong:
            sys.exit(f"not as botocore {botocore.__version__} has it, see .ci/models --write: {', '.join(wrong)}")
        print(f"{len(expected)} models are as botocore {botocore.__version__} has them")
        return
    for name in wrong:
        path = FOLDER / name
        path.write_text(expected[name]) if name in expected else path.unlink()
        print(path.name)


def models(listed):
    """The name and the text of each file."""
    loader = botocore.loaders.Loader()
    for line in listed.splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, operations = line.partition(":")
        service, version = name.split()
        model = loader.load_service_model(service, "service-2", version)
        yield f"{service}.json", json.dumps(cut(model, operations.split()), indent=1, sort_keys=True) + "\n"


def cut(model, names):
    operations = {name: model["operations"][name] for name in names}
    shapes = {}
    waiting = [shape for operation in operations.values() for shape in references(operation)]
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting.extend(references(shapes[name]))
    cut_down = {"metadata": model["metadata"], "operations": operations, "shapes": shapes}
    source = f"botocore {botocore.__version__} (Apache-2.0, Amazon.com, Inc. or its affiliates), cut down by .ci/models.py"
    return {"source": source} | plain(cut_down, None)


def references(node):
    """The shapes that stand below a node of the model."""
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def plain(node, parent):
    """The same without prose. A member may be called `documentation`: then it is no prose."""
    if isinstance(node, dict):
        kept = ((key, child) for key, child in node.items() if parent in ("members", "shapes") or key not in PROSE)
        return {key: plain(child, key) for key, child in kept}
    return [plain(child, None) for child in node] if isinstance(node, list) else node


if __name__ == "__main__":
    main(sys.argv[1:])
