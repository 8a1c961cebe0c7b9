"""No file imports, over any way round, itself."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp

from tests.architecture.checkout import ROOMS


def test_no_files_import_in_a_circle() -> None:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    imports = {file: graph.find_modules_directly_imported_by(file) for file in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the files
