"""Review the identities of a store: answer the question that puts most tracklets right.

    python samples/review_identities.py --store sqlite:///site.db --who ann

What is decided is seen at once, linking obeys it from then on, and it can be taken back.
"""

import argparse

import surveil_reid


def main() -> None:
    """Ask one question and do as the answer says; whatever is not yes or no changes nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--store", default="sqlite:///surveil.db")
    parser.add_argument("--who", required=True)
    given = parser.parse_args()

    with surveil_reid.open_store(given.store, create=False) as store:
        for question in surveil_reid.suggestions(store, limit=1):
            for side, crop in zip(question.sides, question.crops, strict=True):
                print(f"tracklets {', '.join(map(str, side))}: {crop}")
            said = input("the same person? [yes/no] ")
            if said in {"yes", "no"}:
                made = surveil_reid.answer_suggestion(
                    store, question, same=said == "yes", who=given.who
                )
                print(made)
                for identity in surveil_reid.concerned_identities(store, [made]):
                    print(f"identity {identity.id} is now tracklets {identity.tracklet_ids}")
                if input("take it back? [yes/no] ") == "yes":
                    print(f"undone: {surveil_reid.undo_decisions(store, who=given.who)[0]}")


if __name__ == "__main__":
    main()
