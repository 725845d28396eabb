"""Inside Krita: what listens to the tests, on the main thread."""

import krita
from PyQt5 import QtCore, QtGui, QtWidgets

from .listening import BEAT, LOOK, Listening


class Probe(Listening):
    def __init__(self):
        super().__init__({"krita": krita, "QtCore": QtCore, "QtGui": QtGui, "QtWidgets": QtWidgets, "probe": self})
        self.names["app"] = krita.Krita.instance()
        self.beat, self.ear = QtCore.QTimer(), QtCore.QTimer()
        self.beat.setTimerType(QtCore.Qt.PreciseTimer)
        self.beat.timeout.connect(self.tick)
        self.beat.start(BEAT)
        self.ear.timeout.connect(self.listen)
        self.ear.start(LOOK)


class Extension(krita.Extension):
    def setup(self):
        pass

    def createActions(self, window):  # noqa: N802
        if not hasattr(krita, "draglayer_probe"):
            krita.draglayer_probe = Probe()


krita.Krita.instance().addExtension(Extension(krita.Krita.instance()))
