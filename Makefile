# make demo, make test: everything from a fresh clone. make model: train the bundled model from nothing (hours).
# Needs Python >= 3.11 as `python3` (or PYTHON=...).
PYTHON ?= python3
BIN := .venv/bin
# Large tensors on glibc's allocator page-fault badly; this keeps freed memory in the process.
export MALLOC_MMAP_THRESHOLD_ := 4294967296
export MALLOC_TRIM_THRESHOLD_ := 4294967296

.PHONY: demo test editors lint model clean

demo: .venv/installed
	$(BIN)/draglayer demo --out out/demo

test: .venv/installed
	$(BIN)/python -m pytest

# Folders with real editors for tests/editors (once; Debian, as root; 2 GB each below ~/.cache).
editors: .venv/installed
	$(BIN)/python -m tests.editors.room

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

model: export PYTHONPATH := engine:.
model: .venv/installed
	$(BIN)/python -m training.dataset --seed 2 --count 2000
	$(BIN)/python -m training.dataset --seed 1 --count 40000
	$(BIN)/python -m training.train
	$(BIN)/python -m training.export out/training/stage-256.safetensors

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Draglayer needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Run make with PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch numpy
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[worker]' hatchling pytest hypothesis mypy ruff PyQt5 PyQt6
	@touch $@

clean:
	rm -rf .venv out
