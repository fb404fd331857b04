"""Which issue or merge request an entry belongs to: pure rules over its references and what GitLab answered."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from contract.vocabulary import Reason
from functions.shared.model.entry import TimeEntry
from functions.shared.model.place import Found, NewIssue, Target, Titled, Wanted
from functions.shared.text import one_line
from functions.transform.forms import GROUP_ITEM, ISSUE, Reference
from functions.transform.own_project import OwnOrigin, OwnProjects
from functions.transform.references import NO_REFERENCES, OPENING, References
from functions.transform.screening import Mentions
from functions.transform.titles import before_title, issue_key, issue_title, normalised

_NO_WORDS = rf"[{re.escape(OPENING)}]*(?:[\[(]?draft[\])]?:?)?"
"""What may stand before the title of a page without taking the beginning from it; a draft's title changes."""


class PageTitle(NamedTuple):
    """Of a page title beside which something else is named: only the issue's own title tells where it begins.

    words: what stands before its number. leading, other: those of them behind a mention at the very beginning, and
    behind the first mention of something else; None when there is none. leader: what the one at the very beginning
    names, unless a joint follows. has_others: whether something else is named outside of the words.
    """

    words: str
    leading: str | None
    leader: "Pick | Reason | None"
    other: str | None
    has_others: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """The one place that an entry names: an iid in a project, the path as far as it is known.

    Of a project that cannot be seen and that the settings give by its number, the path is that number.
    """

    path: str
    sign: str
    iid: int
    page: PageTitle | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        return f"{self.path}{self.sign}{self.iid}"


class TitlePick(NamedTuple):
    """A description without any reference, on one line: perhaps the title of an issue in the entry's own project."""

    path: str
    description: str

    @property
    def title(self) -> str:
        """What an issue that is created for it would be called."""
        return issue_title(self.description)


Picked = Pick | TitlePick | Reason
"""What an entry names, or the reason why it names nothing."""

Origin = Literal["path", "short_name", "page_title"] | OwnOrigin
"""Where a reference's project comes from: the text itself (the first three), the project map, or the default."""

Rule = Literal["leading", "only", "ambiguous", "title", "left_out"]
"""Which reference counts: the one at the very beginning, the only distinct one, none of several; or there is none. Or
the entry's Toggl project is left out."""

Source = Literal["description", "task", "tags"]
"""Which of an entry's texts has the references."""


class Placed(NamedTuple):
    """A reference and what it names, or the reason why it names nothing."""

    reference: Reference
    origin: Origin
    picked: Pick | Reason


class Choice(NamedTuple):
    """What an entry comes to before GitLab is asked, and by which rule. placed: every reference of the text."""

    picked: Picked
    rule: Rule
    placed: tuple[Placed, ...] = ()
    source: Source = "description"


class Match(NamedTuple):
    """Where an entry's time goes, or the reason why it goes nowhere. issue: a name for people, if there is one."""

    target: Target | NewIssue | None
    reason: Reason | None
    issue: str | None


@dataclass(frozen=True)
class ProjectNames:
    """How the projects of a run are called.

    own: what the settings say. numbered: the path of each project that they give by its number and that can be seen.
    titled: a page title's name with namespace -> the paths of the projects that are called so. siblings: the projects
    beside entries' own that there are, by lower-case path. unseen: the projects that cannot be seen, as the settings
    give them, as far as a mention may mean one: for page titles all, else those that are given by their number.
    """

    own: OwnProjects
    numbered: Mapping[str, str] = field(default_factory=dict)
    titled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    siblings: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    @cached_property
    def configured(self) -> Mapping[str, str]:
        """The projects that the settings name, by lower-case path (or by number, when they cannot be seen)."""
        paths = [self.numbered.get(given, given) for given in self.own.configured]
        return {path.lower(): path for path in reversed(paths)}

    @property
    def _unseen_by_number(self) -> tuple[str, ...]:
        return tuple(given for given in self.unseen if given.isdigit())

    def of_entry(self, entry: TimeEntry) -> tuple[str | None, Origin]:
        """The path of an entry's own project, None for one that is left out."""
        given, origin = self.own.of(entry)
        return (None if given is None else self.numbered.get(given, given)), origin

    def called(self, short_name: str, entry: TimeEntry) -> tuple[str, ...]:
        """The projects that may be meant by the last part of a path: configured ones, and the sibling of the own.

        Nobody knows the path of an entry's own one that is given by its number and cannot be seen: it may be that one.
        """
        ending = f"/{short_name.lower()}"
        there = {lower: path for lower, path in self.configured.items() if lower.endswith(ending)}
        sibling = self.sibling(short_name, entry)
        if sibling is not None and sibling.lower() in self.siblings:
            there.setdefault(sibling.lower(), self.siblings[sibling.lower()])
        own = self.of_entry(entry)[0]
        return tuple(there.values()) or ((own,) if own in self._unseen_by_number else ())

    def titled_so(self, page_title: str) -> tuple[str, ...]:
        """The projects that a page title's name with namespace may mean.

        Nobody knows the name of a configured one that cannot be seen: it is taken for that of its path, and for any of
        one that is given by its number.
        """
        if self.titled.get(page_title):
            return self.titled[page_title]
        path = "/".join(re.sub(r"[^\w.]+", "-", part.lower()) for part in page_title.split(" / "))
        may_be = tuple(given for given in self.unseen if given.lower() == path) or self._unseen_by_number
        return may_be[:1]

    def sibling(self, short_name: str, entry: TimeEntry) -> str | None:
        """The path that a project of this name has beside an entry's own one."""
        group, slash, _own = (self.of_entry(entry)[0] or "").rpartition("/")
        return f"{group}/{short_name}" if slash else None


def counting(mentions: Mentions, entry: TimeEntry, names: ProjectNames) -> tuple[Source, References]:
    """The references of the first of an entry's texts that has some; a short name that no project has is none."""
    texts: tuple[tuple[Source, References], ...] = (
        ("description", mentions.description),
        ("task", mentions.task),
        ("tags", mentions.tags),
    )
    for source, references in texts:
        if not references.found:
            continue
        there = references.only(lambda one: _names_something(one, entry, names))
        if there.found:
            return source, there
    return "description", NO_REFERENCES


def _names_something(reference: Reference, entry: TimeEntry, names: ProjectNames) -> bool:
    return reference.short_name is None or bool(names.called(reference.short_name, entry))


def choose(mentions: Mentions, entry: TimeEntry, names: ProjectNames) -> Choice:
    """The one reference that counts, or the whole description as a title, or the reason why neither is there.

    One at the very beginning that is not joined to another wins, else the only distinct one; nothing is guessed.
    """
    own = names.of_entry(entry)[0]
    if own is None:
        return Choice(Reason.PROJECT_LEFT_OUT, "left_out")
    source, references = counting(mentions, entry, names)
    if not references.found:
        whole = one_line(entry.description)
        return Choice(TitlePick(own, whole) if whole else Reason.NO_ISSUE, "title")
    placed = tuple(_placed(reference, entry, names) for reference in references.found)
    has_others = len({_identity(one) for one in placed}) > 1
    if references.leading is not None and not _is_joined(placed):
        return Choice(_picked(placed[:1], entry, names, has_others=has_others), "leading", placed, source)
    if has_others:
        return Choice(Reason.AMBIGUOUS_REFERENCE, "ambiguous", placed, source)
    return Choice(_picked(placed, entry, names, has_others=False), "only", placed, source)


def _is_joined(placed: Sequence[Placed]) -> bool:
    """Whether what leads is joined to another thing by a later mention of it: `[#12](https://...), #13`."""
    first = _identity(placed[0])
    return any(
        one.reference.joined and _identity(one) == first != _identity(following) for one, following in pairwise(placed)
    )


def _picked(placed: Sequence[Placed], entry: TimeEntry, names: ProjectNames, *, has_others: bool) -> Pick | Reason:
    """What mentions of one thing name, with what is still open about a page title."""
    picked = placed[0].picked
    if isinstance(picked, Reason):
        return picked
    pages = (_page(one, entry, names, has_others=has_others) for one in placed if one.reference.page_title is not None)
    return replace(picked, page=next(filter(None, pages), None))


def _page(title: Placed, entry: TimeEntry, names: ProjectNames, *, has_others: bool) -> PageTitle | None:
    before = [
        (_placed(one.reference, entry, names), one.words)
        for one in title.reference.before
        if _names_something(one.reference, entry, names)
    ]
    other = next((words for one, words in before if _identity(one) != _identity(title)), None)
    if other is None and not has_others:
        return None
    leading, leader = None, None
    if before and before[0][0].reference.leads:
        first, leading = before[0]
        leader = None if first.reference.joined else first.picked
    return PageTitle(title.reference.words, leading, leader, other, has_others)


def _placed(reference: Reference, entry: TimeEntry, names: ProjectNames) -> Placed:
    own, origin = names.of_entry(entry)
    paths: tuple[str, ...] = (own or "",)
    if reference.path is not None:
        paths, origin = (reference.path,), "path"
    elif reference.page_title is not None:
        # Time cannot be logged on a group's item, so nobody needs its path.
        is_group = reference.sign == GROUP_ITEM
        paths = (reference.page_title,) if is_group else names.titled_so(reference.page_title)
        origin = "page_title"
    elif reference.short_name is not None:
        paths, origin = names.called(reference.short_name, entry), "short_name"
    elif reference.sign == GROUP_ITEM:
        paths = ((own or "").rpartition("/")[0],)
    if len(paths) != 1:
        return Placed(reference, origin, Reason.AMBIGUOUS_REFERENCE if paths else Reason.PROJECT_NOT_FOUND)
    return Placed(reference, origin, Pick(paths[0], reference.sign, reference.iid))


def _identity(placed: Placed) -> object:
    """What is the same for two mentions of one thing."""
    if isinstance(placed.picked, Reason):
        return placed.picked, placed.reference
    return placed.picked.path.lower(), placed.picked.sign, placed.picked.iid


def wanted(picks: Iterable[Picked], configured: Iterable[str] = ()) -> dict[str, Wanted]:
    """What to look up, by lower-case project path: paths that differ in case only are one project.

    It is asked for as the settings spell it (configured: their paths), else as the first description does, since a
    server need not ignore the case.
    """
    spellings = {path.lower(): path for path in configured}
    by_path: dict[str, list[Pick | TitlePick]] = {}
    for picked in chain.from_iterable(map(_with_leader, picks)):
        if not isinstance(picked, Reason) and _is_to_be_found(picked):
            by_path.setdefault(picked.path.lower(), []).append(picked)
    return {
        path: Wanted(
            issues=frozenset(one.iid for one in there if isinstance(one, Pick) and one.sign == ISSUE),
            merge_requests=frozenset(one.iid for one in there if isinstance(one, Pick) and one.sign != ISSUE),
            titles=any(isinstance(one, TitlePick) for one in there),
            path=spellings.get(path, there[0].path),
        )
        for path, there in by_path.items()
    }


def _with_leader(picked: Picked) -> Iterator[Picked]:
    """What is picked, and what may turn out to be named instead."""
    yield picked
    if isinstance(picked, Pick) and picked.page is not None and picked.page.leader is not None:
        yield picked.page.leader


def _is_to_be_found(picked: Pick | TitlePick) -> bool:
    is_of_a_group = isinstance(picked, Pick) and picked.sign == GROUP_ITEM
    return not is_of_a_group and not picked.path.isdigit()  # a number is there for a project that cannot be seen


def match(picked: Picked, found: Mapping[str, Found], configured: Collection[str] = ()) -> Match:
    """What a pick comes to, given what `wanted` found (by the same lower-case paths).

    configured: the lower-case paths (or numbers) of the projects that the settings name.
    """
    picked = picked_by_title(picked, found)
    if isinstance(picked, Reason):
        return Match(None, picked, None)
    if isinstance(picked, TitlePick):
        project = found.get(picked.path.lower())
        return Match(None, Reason.NO_ISSUE, None) if project is None else _match_title(picked, project.titles)
    if picked.sign == GROUP_ITEM:
        return Match(None, Reason.GROUP_ITEM, picked.name)
    return _match_number(picked, found, configured)


def _match_number(picked: Pick, found: Mapping[str, Found], configured: Collection[str]) -> Match:
    project = found.get(picked.path.lower())
    if project is None:
        is_ours = _may_be_configured(picked.path.lower(), configured)
        return Match(None, Reason.PROJECT_NOT_VISIBLE if is_ours else Reason.PROJECT_NOT_FOUND, picked.name)
    target = _target(picked, project)
    if target is None:
        return Match(None, Reason.ISSUE_NOT_FOUND, Pick(project.project.full_path, picked.sign, picked.iid).name)
    return _matched(target)


def picked_by_title(picked: Picked, found: Mapping[str, Found]) -> Picked:
    """What is picked once the title of a page title's issue is known, which tells what stands before it.

    An issue that is called otherwise by now leaves that open: then all the words are the title's, as far as nothing
    else stands at the very beginning.
    """
    if not isinstance(picked, Pick) or picked.page is None:
        return picked
    page, project = picked.page, found.get(picked.path.lower())
    target = None if project is None else _target(picked, project)
    if project is None or target is None:
        return picked
    title = project.called.get(target, "")
    before = before_title(page.words, title)
    if before is None:
        another_leads = page.leading is not None and page.leading == page.other
        return Reason.AMBIGUOUS_REFERENCE if another_leads else picked
    if page.leader is not None and before_title(page.leading or "", title) is not None:
        return page.leader
    is_beside_another = page.other is not None and before_title(page.other, title) is not None
    is_behind_words = page.has_others and not re.fullmatch(_NO_WORDS, before)
    return Reason.AMBIGUOUS_REFERENCE if is_beside_another or is_behind_words else picked


def _target(picked: Pick, project: Found) -> Target | None:
    return (project.issues if picked.sign == ISSUE else project.merge_requests).get(picked.iid)


def _may_be_configured(path: str, configured: Collection[str]) -> bool:
    """Of a project that is given by its number and cannot be seen nobody knows the path: it may be any."""
    return path in configured or any(given.isdigit() for given in configured)


def same_titled(title: str, there: Iterable[Titled]) -> list[Titled]:
    """The issues whose title is the same, case, white space and Unicode form aside."""
    wanted_title = normalised(title)
    return [one for one in there if normalised(one.title) == wanted_title]


def _match_title(picked: TitlePick, there: Iterable[Titled]) -> Match:
    """The only open issue of the title, else the only closed one."""
    same = same_titled(picked.description, there)
    targets = {one.target for one in same if one.is_open} or {one.target for one in same}
    if len(targets) > 1:
        return Match(None, Reason.AMBIGUOUS_TITLE, None)
    return _matched(targets.pop()) if targets else Match(None, Reason.NO_ISSUE, None)


def match_or_create(
    picked: Picked,
    found: Mapping[str, Found],
    marked: Mapping[str, Mapping[str, Target]],
    skip_terms: Collection[str],
    configured: Collection[str] = (),
) -> Match:
    """Like `match`, but an unmatched title gets an issue: one that was created for it, one that has it, or a new one.

    found: with the titles of closed issues too. marked: the auto-created issues of each project, by key.
    """
    matched = match(picked, found, configured)
    if matched.reason != Reason.NO_ISSUE or not isinstance(picked, TitlePick):
        return matched
    if normalised(picked.title) in {normalised(term) for term in skip_terms}:
        return Match(None, Reason.SKIP_TERM, None)
    project = found.get(picked.path.lower())
    if project is None:
        return Match(None, Reason.PROJECT_NOT_VISIBLE, f"{picked.path}#new")
    key = issue_key(project.project.id, picked.title)
    earlier = marked.get(picked.path.lower(), {}).get(key)
    if earlier is not None:
        return _matched(earlier)
    same = {one.target for one in same_titled(picked.title, project.titles)}
    if len(same) > 1:
        return Match(None, Reason.AMBIGUOUS_TITLE, None)
    return _matched(next(iter(same)) if same else NewIssue(key, project.project.full_path, picked.title))


def _matched(target: Target | NewIssue) -> Match:
    return Match(target, None, target.name)
