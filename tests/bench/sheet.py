"""The figures of one bench: samples against goals, and gates that forbid a figure."""

import statistics
import traceback

from measure import say


class GateFailed(Exception):
    """The outcome is not right, so what it cost says nothing."""


class Goal:
    """What is measured, in which unit, and the most it may be; `most` None is a figure without a goal."""

    def __init__(self, what, most=None, unit="", places=3):
        self.what, self.most, self.unit, self.places = what, most, unit, places


class Sheet:
    def __init__(self, name, goals):
        self.name, self.goals = name, goals
        self.samples = {figure: [] for figure in goals}
        self.failed = {}
        self.notes = []

    def fill(self, measure, context):
        """Runs a bench; what goes wrong in it fails its figures, not the other benches."""
        try:
            measure(context, self)
        except GateFailed as reason:
            self.gate(False, str(reason))
        except Exception as error:  # noqa: BLE001: one broken bench must not cost the hours of the others
            traceback.print_exc()
            self.gate(False, f"the bench broke: {error}")

    def add(self, figure, value):
        self.samples[figure].append(value)
        say(f"  {self.goals[figure].what}: {self.text(figure, value)}")

    def gate(self, holds, reason, *figures):
        """Forbids the figures named, or all, unless the condition holds."""
        if not holds:
            say(f"  FAILED: {reason}")
            for figure in figures or self.goals:
                self.failed.setdefault(figure, reason)

    def note(self, text):
        """Adds a line under the table, once: the commands, what was derived and how."""
        if text not in self.notes:
            self.notes.append(text)

    def text(self, figure, value):
        goal = self.goals[figure]
        return f"{value:.{goal.places}f}{' ' + goal.unit if goal.unit else ''}"

    def verdict(self, figure):
        goal, samples = self.goals[figure], self.samples[figure]
        if figure in self.failed or not samples:
            return "FAILED"
        if goal.most is None:
            return ""
        return "reached" if statistics.median(samples) <= goal.most else "MISSED"

    def sound(self):
        """Tells whether every figure could be trusted; goals missed are figures too."""
        return all(self.verdict(figure) != "FAILED" for figure in self.goals)

    def print_rows(self):
        for figure, goal in self.goals.items():
            samples, verdict = self.samples[figure], self.verdict(figure)
            wanted = "" if goal.most is None else f"≤ {self.text(figure, goal.most)}"
            if verdict == "FAILED":
                found = self.failed.get(figure, "nothing was measured").replace("|", "¦").replace("\n", " ")
            else:
                found = f"**{self.text(figure, statistics.median(samples))}**"
                if len(samples) > 1:
                    found += f" ({self.text(figure, min(samples))} – {self.text(figure, max(samples))})"
            print(f"| {self.name} | {goal.what} | {found} | {wanted} | {verdict} |")

    def print_notes(self):
        print(f"\n### {self.name}\n")
        for note in self.notes:
            print(f"- {note}" if not note.startswith("$ ") else f"- `{note[2:]}`")
