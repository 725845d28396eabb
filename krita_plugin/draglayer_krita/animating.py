"""All steps as one GIF: written as pictures beside it, and put together by the daemon's program, which can."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

from draglayer_protocol.editor.exporting import Export
from draglayer_protocol.editor.launching import command, shown
from draglayer_protocol.editor.tool import Tool

from .pictures import save_step
from .qt import QtCore


def animate(tool: Tool, file: Path) -> None:
    """Returns at once; what came of it is said in the tool's note. The file is there whole or not at all."""
    words = tool.words
    if file.suffix.lower() != ".gif":
        file = file.with_name(f"{file.name}.gif")
    if command("gif") is None:
        folder = words("FOLDER")
        typed = shown("gif", folder, "--out", str(file))
        tool.say(
            words(
                "An animation is made by the daemon's program, which cannot be started from here. Export all steps into"
                " a folder of their own, and run this in a terminal, with that folder's name in the place of {folder}:"
                " {command}",
                folder=folder,
                command=typed,
            )
        )
        return
    try:
        steps = Path(tempfile.mkdtemp(prefix=".draglayer-", dir=file.parent))
    except OSError as error:
        tool.say(words("{where} cannot be written ({why}).", where=file.parent, why=error.strerror))
        return
    Export(tool, partial(save_step, steps), str(file.parent), partial(_put_together, tool, steps, file)).start()


def _put_together(tool: Tool, folder: Path, file: Path, complete: bool) -> None:
    wanted = command("gif", str(folder), "--out", str(file))
    if not complete or wanted is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    process = QtCore.QProcess()

    def ended(*_: object) -> None:
        said = bytes(process.readAllStandardError()).decode("utf-8", "replace").strip()
        shutil.rmtree(folder, ignore_errors=True)
        if process.error() == QtCore.QProcess.ProcessError.FailedToStart:
            said = process.errorString()
        elif process.exitCode() == 0 and file.exists():
            said = ""
        words = tool.words
        tool.say(
            words("The animation was not made: {why}", why=said or process.errorString())
            if said
            else words("The animation is in {where}.", where=file)
        )
        process.deleteLater()

    process.finished.connect(ended)
    process.errorOccurred.connect(
        lambda error: ended() if error == QtCore.QProcess.ProcessError.FailedToStart else None
    )
    process.start(wanted[0], wanted[1:])
