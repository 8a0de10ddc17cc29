"""Cases as JSON on standard input in, galai's answers as JSON out; galai's interpreter runs it."""

import json
import sys
import warnings


def main() -> None:
    warnings.simplefilter("ignore")
    import galai

    work = json.load(sys.stdin)
    model = galai.load_model(work["folder"], num_gpus=0)
    answers = []
    for case in work["cases"]:
        try:
            answers.append(getattr(model, case["method"])(case["text"], **case["options"]))
        except Exception as error:  # a case that galai cannot do is a row of the table
            answers.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    print("\n" + json.dumps(answers))


if __name__ == "__main__":
    main()
