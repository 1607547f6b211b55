"""A state machine that types commands into a world: state what must always hold, and Hypothesis looks for the shortest script that breaks it."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from netsim.api import World
from netsim.strategies.commands import command_lines


class WorldMachine(RuleBasedStateMachine):
    """Extend it: `setup_script` is a script that builds the network, `commands` draws what is typed next, and each `@invariant()` method says what holds.

    A failure shrinks to few steps and prints them as a shell script (`netsim run`, `netsim explain` take it).
    """

    setup_script: ClassVar[str] = ""
    commands: ClassVar[st.SearchStrategy[str]] = command_lines()

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize()
    def build(self) -> None:
        """Build the network."""
        host = self.world.host()
        if self.setup_script:
            done = host.run_script(self.setup_script)
            assert done.status == 0, done.stderr

    @rule(data=st.data())
    def type_a_command(self, data: Any) -> None:
        """Type one command; it may fail, as commands do."""
        self.world.host().run(data.draw(self.commands))

    def teardown(self) -> None:
        """For the smallest failing example, Hypothesis prints the note."""
        note(f"the script so far:\n{self.world.journal.script()}")
