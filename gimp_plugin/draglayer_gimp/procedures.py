"""What GIMP is told of Draglayer: procedures, arguments, returned values; plugin.py declares what stands here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from draglayer_protocol.editor.mask import Movable
from draglayer_protocol.editor.words import text
from draglayer_protocol.messages import Preset, Space

DRAG, NEW, SETTINGS = "draglayer-drag", "draglayer-new", "draglayer-settings"
MENU = "<Image>/Filters/Draglayer"
LARGEST_INT = 2**31 - 1  # of GIMP's whole numbers
MOST_STEPS = 100_000
FAR = 1e9  # pixels
FASTEST = 60  # pictures a second
AS_PRESET = "preset"  # among the choices of a space
LAST, MOVABLE, WHOLE = "last", "movable", "whole"  # what the results of a new dialog cover


class Kind(Enum):
    """As GIMP calls the kinds of arguments: add_int_argument, add_path_argument, ..."""

    INT = "int"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    STRING = "string"
    CHOICE = "choice"
    IMAGE = "image"
    LAYER = "layer"
    PATH = "path"


@dataclass(frozen=True)
class Value:
    """An argument or a returned value. `low`, `high`: of numbers; `choices`: names and labels, of a choice."""

    kind: Kind
    name: str
    label: str
    blurb: str
    default: int | float | bool | str = ""
    low: float = 0.0
    high: float = 0.0
    choices: tuple[tuple[str, str], ...] = ()
    digits: int = 0  # after the point, where it is shown
    step: float = 1.0  # of its plus and minus, where digits are said


@dataclass(frozen=True)
class Declared:
    """One procedure. `on_image`: it is about an image and its layers, which come before the arguments."""

    name: str
    menu: str
    blurb: str
    help: str
    arguments: tuple[Value, ...]
    values: tuple[Value, ...] = ()
    on_image: bool = False


PICTURE = (
    Value(
        Kind.STRING,
        "model",
        text("_Model"),
        text("The model's name, as `draglayer models` lists it; empty: the first one"),
    ),
    Value(
        Kind.INT,
        "label",
        text("_Kind of picture"),
        text("-1: of a model without kinds"),
        default=-1,
        low=-1,
        high=65535,
    ),
)
RATE = Value(
    Kind.INT,
    "rate",
    text("P_ictures/s"),
    text("Pictures a second that a drag draws into the layer, at most; 0: as fast as can be"),
    default=0,
    high=FASTEST,
)
HOW = (
    Value(
        Kind.CHOICE,
        "preset",
        text("Pr_eset"),
        text("What all values below mean, and are where they say nothing"),
        default=Preset.DEFAULT.value,
        choices=tuple((preset.value, preset.value) for preset in (Preset.DEFAULT, Preset.PAPER, Preset.REFERENCE)),
    ),
    Value(
        Kind.INT,
        "max-steps",
        text("_Most steps"),
        text("Steps of one drag, at most; 0: as the preset says"),
        default=0,
        high=MOST_STEPS,
    ),
    Value(
        Kind.DOUBLE,
        "step-size",
        text("Step si_ze"),
        text("Adam's learning rate, without a unit; 0: as the preset says"),
        default=0.0,
        digits=4,
        step=0.001,
        high=10.0,
    ),
    Value(
        Kind.CHOICE,
        "space",
        text("Space"),
        text("W: one row of the latent for all layers; W+: a row for each"),
        default=AS_PRESET,
        choices=((AS_PRESET, text("as the preset")), (Space.W.name, "W"), (Space.W_PLUS.name, "W+")),
    ),
    Value(
        Kind.INT,
        "layers",
        text("La_yers"),
        text("How many first rows of w may change; 0: as the preset says"),
        default=0,
        high=64,
    ),
    Value(
        Kind.DOUBLE,
        "r1",
        text("Radius r_1"),
        text("Radius of the pulled disk, in model pixels; 0: as the preset says"),
        default=0.0,
        digits=1,
        step=0.5,
        high=512.0,
    ),
    Value(
        Kind.DOUBLE,
        "r2",
        text("Search r_2"),
        text("How far a handle is looked for, in model pixels; 0: as the preset says"),
        default=0.0,
        digits=1,
        high=512.0,
    ),
    Value(
        Kind.DOUBLE,
        "lambda",
        text("Lam_bda"),
        text("Weight of what must stay, as the preset means it; -1: as the preset says"),
        default=-1.0,
        digits=2,
        low=-1.0,
        high=1e6,
    ),
    Value(
        Kind.DOUBLE,
        "stop-distance",
        text("Sto_p at"),
        text("A handle this near has arrived, in model pixels; 0: as the preset says"),
        default=0.0,
        digits=1,
        step=0.5,
        high=512.0,
    ),
)

DECLARED = (
    Declared(
        DRAG,
        text("_Drag…"),
        text("Drag points of a generated picture (DragGAN) into a new layer; the selection may move"),
        text(
            "Takes hold of the picture at every handle and moves it until the handle lies on its target. The picture is"
            " a seed's of a model, or what a layer made by Draglayer carries. Needs the Draglayer daemon on this"
            " machine: `draglayer serve`."
        ),
        (
            Value(
                Kind.STRING,
                "points",
                text("Po_ints"),
                text("JSON: [[handle x, handle y, target x, target y], …] in image pixels"),
            ),
            Value(Kind.PATH, "path", text("Pat_h"), text("Every stroke is a pair: first anchor to last")),
            Value(
                Kind.INT,
                "seed",
                text("_Seed"),
                text("-1: go on with what the layer carries"),
                default=-1,
                low=-1,
                high=LARGEST_INT,
            ),
            *PICTURE,
            Value(Kind.STRING, "state", text("S_tate"), text("JSON of a Draglayer parasite, instead of a seed")),
            Value(
                Kind.CHOICE,
                "movable",
                text("_What may move"),
                text("The selection says what may move; soft edges move a little"),
                default=Movable.SELECTION.value,
                choices=(
                    (Movable.SELECTION.value, text("The selection")),
                    (Movable.INVERSE.value, text("All but the selection")),
                    (Movable.FRAME.value, text("All")),
                ),
            ),
            Value(
                Kind.BOOLEAN,
                "whole",
                text("Show it outsi_de of that, too"),
                text(
                    "Otherwise a layer that a drag makes is transparent where nothing may move; a new picture from the"
                    " model is always whole"
                ),
                default=False,
            ),
            Value(Kind.STRING, "frame", text("_Frame"), text("JSON: [x, y, width, height]; empty: fitted")),
            *HOW,
            replace(
                RATE,
                blurb=text(
                    "Pictures a second that a drag draws into the layer, at most; 0: as fast as can be; -1: as"
                    " Connection and Settings says"
                ),
                default=-1,
                low=-1,
            ),
        ),
        (
            Value(Kind.LAYER, "layer", text("Layer"), text("The result")),
            Value(Kind.INT, "steps", text("Steps"), text("Steps of this drag"), default=0, high=LARGEST_INT),
            Value(Kind.DOUBLE, "distance", text("Distance"), text("Left to go, in pixels"), default=0.0, high=FAR),
            Value(Kind.STRING, "sentence", text("Sentence"), text("Why the drag ended")),
        ),
        on_image=True,
    ),
    Declared(
        NEW,
        text("_New from Model…"),
        text("A generated picture of a model in a new layer or image, to be dragged with Draglayer"),
        text("Needs the Draglayer daemon on this machine: `draglayer serve`."),
        (
            Value(Kind.IMAGE, "image", text("_Image"), text("Where the layer comes into; none: a new one")),
            Value(Kind.INT, "seed", text("_Seed"), text("Which picture of the model"), default=0, high=LARGEST_INT),
            *PICTURE,
        ),
        (
            Value(Kind.IMAGE, "new-image", text("Image"), text("Where the picture is")),
            Value(Kind.LAYER, "layer", text("Layer"), text("The picture")),
        ),
    ),
    Declared(
        SETTINGS,
        text("_Connection and Settings…"),
        text("Whether the Draglayer daemon is there, how to start it, what leaves this machine, what drags begin with"),
        text("The settings are kept with GIMP's own. They count for every drag whose own values do not say otherwise."),
        (
            Value(
                Kind.CHOICE,
                "whole",
                text("Res_ults cover"),
                text("What a new dialog begins with; the dialog can say otherwise"),
                default=LAST,
                choices=(
                    (LAST, text("what they covered last time")),
                    (MOVABLE, text("only what may move")),
                    (WHOLE, text("the whole frame")),
                ),
            ),
            RATE,
        ),
    ),
)
