"""`surveil-reid identities confirm`, `reject`, `merge`, `split`, `undo`, `redo` and `review`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import identity_document, print_json, print_table, share
from surveil_reid.core import InputError, iso, login_name


def parse_numbers(text: str) -> list[int]:
    """Read tracklets as `3,4,9`."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        msg = f"{text!r} is no list of numbers such as 3,4,9"
        raise typer.BadParameter(msg) from None


Who = Annotated[
    str | None,
    typer.Option("--who", metavar="NAME", help="Who decides; the login name by default."),
]
Tracklets = Annotated[
    list[int] | None, typer.Option("--tracklet", metavar="T", help="Repeat for several.")
]
Steps = Annotated[int, typer.Argument(min=1, metavar="[N]", help="How many decisions.")]


def confirm(
    identity: int,
    tracklet: Tracklets = None,
    who: Who = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Say that these tracklets, or all that it has, are the identity; others move there."""
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        made = surveil_reid.confirm_tracklets(
            opened, identity, tracklet or (), who=who or login_name()
        )
        _print_decided(opened, made, as_json=as_json)


def reject(
    identity: int,
    tracklet: Tracklets = None,
    other: Annotated[
        int | None, typer.Option("--identity", metavar="ID", help="Another that it is not.")
    ] = None,
    who: Who = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Say that these tracklets, or another identity, are not the identity."""
    if (not tracklet) == (other is None):
        msg = "give --tracklet T, or --identity ID"
        raise typer.BadParameter(msg)
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        made = surveil_reid.reject_tracklets(
            opened, identity, tracklet or (), other=other, who=who or login_name()
        )
        _print_decided(opened, made, as_json=as_json)


def merge(
    identities: Annotated[list[int], typer.Argument(metavar="A B...")],
    who: Who = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Say that identities are one person; the smallest number is kept."""
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        made = surveil_reid.merge_identities(opened, identities, who=who or login_name())
        _print_decided(opened, made, as_json=as_json)


def split(
    identity: int,
    tracklets: Annotated[str, typer.Option(metavar="T,T...", help="Who goes.")],
    who: Who = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Say that these tracklets of an identity are one other person, who gets a new number."""
    chosen = parse_numbers(tracklets)
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        made = surveil_reid.split_identity(opened, identity, chosen, who=who or login_name())
        _print_decided(opened, made, as_json=as_json)


def _reverting(verb: Literal["undo", "redo"], summary: str) -> Callable[..., None]:
    def revert(
        steps: Steps = 1,
        who: Who = None,
        store: options.StoreUrl = options.DEFAULT_STORE,
        store_folder: options.StoreFolder = None,
        as_json: options.AsJson = False,
    ) -> None:
        run = surveil_reid.undo_decisions if verb == "undo" else surveil_reid.redo_decisions
        with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
            done = run(opened, steps, who=who or login_name())
            _print_reverted(opened, f"{verb}ne", done, as_json=as_json)

    revert.__name__, revert.__doc__ = verb, summary
    return revert


undo = _reverting("undo", "Take back the last decisions, as if they had never been made.")
redo = _reverting("redo", "Make decisions again that were undone, if no other has followed.")


def review(
    limit: Annotated[int, typer.Option(min=1, help="Questions at most.")] = 20,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", callback=options.png_file, help="Draw the questions' pictures."
        ),
    ] = None,
    who: Who = None,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask what puts most tracklets right: yes, no or skip; listed where nobody can answer."""
    with surveil_reid.open_store(store, folder=store_folder, create=False) as opened:
        asked = surveil_reid.suggestions(opened, limit)
        if sheet is not None:
            surveil_reid.write_review_sheet(asked, sheet)
        if as_json:
            print_json({"suggestions": [_suggestion(suggestion) for suggestion in asked]})
        elif not asked:
            typer.echo("nothing to ask: there are no two identities, or all is decided")
        elif sys.stdin.isatty():
            _ask_all(opened, asked, who or login_name())
        else:
            print_table(
                ["", "question", "probability", "benefit", "picture", "other picture"],
                [
                    (place, _question(s), share(s.probability), share(s.benefit), *s.crops)
                    for place, s in enumerate(asked, start=1)
                ],
            )


def _ask_all(
    store: "surveil_reid.Store", asked: Sequence["surveil_reid.Suggestion"], who: str | None
) -> None:
    """Ask until the questions, or the reviewer, are through."""
    decided = 0
    for place, suggestion in enumerate(asked, start=1):
        if not surveil_reid.is_open(suggestion, store.memberships()):
            continue  # an answer before it has moved somebody that it is about
        typer.echo(f"\n{place} of {len(asked)}: {_question(suggestion)}")
        for crop in suggestion.crops:
            typer.echo(f"  {crop or '(no picture was kept)'}")
        said = _ask()
        if said == "quit":
            break
        if said != "skip":
            decided += _answer(store, suggestion, same=said == "yes", who=who)
    undo = f"; `identities undo {decided}` takes back as many" if decided else ""
    typer.echo(f"\n{decided} decided{undo}")


def _answer(
    store: "surveil_reid.Store",
    suggestion: "surveil_reid.Suggestion",
    *,
    same: bool,
    who: str | None,
) -> int:
    try:
        made = surveil_reid.answer_suggestion(store, suggestion, same=same, who=who)
    except InputError as error:
        typer.echo(f"  {error}")
        return 0
    typer.echo(f"  {made}")
    return 1


def _ask() -> Literal["yes", "no", "skip", "quit"]:
    answers: dict[str, Literal["yes", "no", "skip", "quit"]] = {
        "y": "yes", "n": "no", "s": "skip", "": "skip", "q": "quit",
    }  # fmt: skip
    while True:
        typer.echo("  the same person? [y]es, [n]o, [s]kip, [q]uit: ", nl=False)
        line = sys.stdin.readline()
        said = line.strip().lower()[:1]
        if not line:
            return "quit"
        if said in answers:
            return answers[said]


def _question(suggestion: "surveil_reid.Suggestion") -> str:
    first, second = (f"{len(side)} tracklet{'s' * (len(side) > 1)}" for side in suggestion.sides)
    numbers = suggestion.identities
    sure = "" if suggestion.probability is None else f", probability {suggestion.probability:.3f}"
    if suggestion.kind == "merge":
        said = f"identity {numbers[0]} ({first}) and identity {numbers[1]} ({second})"
    else:
        part = ", ".join(map(str, suggestion.sides[0]))
        plural = "s" * (len(suggestion.sides[0]) > 1)
        said = f"tracklet{plural} {part} and the other {second} of identity {numbers[0]}"
    return f"{said}, similarity {suggestion.similarity:.3f}{sure}"


def _counted(tracklets: Sequence[int]) -> str:
    return f"{len(tracklets)} tracklet{'s' * (len(tracklets) > 1)}"


def _suggestion(suggestion: "surveil_reid.Suggestion") -> dict[str, Any]:
    first = suggestion.identities[0]
    part = list(suggestion.sides[0])
    if suggestion.kind == "merge":
        yes = ["merge", *map(str, suggestion.identities)]
        no = ["reject", str(first), "--identity", str(suggestion.identities[1])]
    else:
        yes = ["confirm", str(first), *(word for n in part for word in ("--tracklet", str(n)))]
        no = ["split", str(first), "--tracklets", ",".join(map(str, part))]
    return {
        "kind": suggestion.kind,
        "identities": list(suggestion.identities),
        "tracklets": [list(side) for side in suggestion.sides],
        "similarity": round(suggestion.similarity, 6),
        "probability": suggestion.probability,
        "benefit": suggestion.benefit,
        "crops": list(suggestion.crops),
        "yes": ["identities", *yes],
        "no": ["identities", *no],
    }


def _decision(decision: "surveil_reid.ReviewDecision") -> dict[str, Any]:
    return {
        "id": decision.id,
        "kind": decision.kind,
        "identities": list(decision.identities),
        "tracklets": list(decision.sides[0]) if decision.named else [],
        "who": decision.who,
        "at": iso(decision.at),
    }


def _print_decided(
    store: "surveil_reid.Store", decision: "surveil_reid.ReviewDecision", *, as_json: bool
) -> None:
    now = surveil_reid.concerned_identities(store, [decision])
    if as_json:
        print_json(
            {"decision": _decision(decision), "identities": [identity_document(i) for i in now]}
        )
        return
    typer.echo(decision)
    _print_identities(now)


def _print_reverted(
    store: "surveil_reid.Store",
    word: str,
    decisions: Sequence["surveil_reid.ReviewDecision"],
    *,
    as_json: bool,
) -> None:
    now = surveil_reid.concerned_identities(store, decisions)
    if as_json:
        print_json(
            {
                word: [_decision(d) for d in decisions],
                "identities": [identity_document(i) for i in now],
            }
        )
        return
    for decision in decisions:
        typer.echo(f"{word}: {decision}")
    _print_identities(now)


def _print_identities(found: Sequence["surveil_reid.Identity"]) -> None:
    print_table(
        ["identity", "tracklets", "cameras"],
        [(i.id, ", ".join(map(str, i.tracklet_ids)), ", ".join(i.cameras)) for i in found],
    )
