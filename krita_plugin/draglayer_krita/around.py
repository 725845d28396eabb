"""What the docker's inside needs around it, in one document or with none."""

from __future__ import annotations

from typing import Protocol

from draglayer_protocol.editor.tool import Tool


class Host(Protocol):
    """Everything is about the present document."""

    def tool(self) -> Tool | None:
        """Of the present document; None without one."""

    def selected(self) -> bool:
        """Whether anything is selected there."""

    def hidden(self) -> bool:
        """Whether the layer that the result comes into cannot be seen."""

    def editing(self) -> bool: ...
    def edit_points(self, on: bool) -> None: ...
    def live(self, on: bool) -> None: ...

    def pair(self) -> int | None:
        """The selected one."""

    def select_pair(self, index: int) -> object: ...

    def continues(self) -> bool:
        """Whether the active layer has a Draglayer state."""

    def continue_layer(self) -> None: ...
    def from_lines(self) -> None: ...
    def to_lines(self) -> None: ...
    def start_daemon(self) -> None: ...
