"""The native tools: pinned Go modules, built once into a cache keyed by their content.

`ensure(names, reporter)` gives a `Toolchain`; `status()` says where each tool is.
"""

from wegennet.toolchain.installation import Toolchain, ToolStatus, ensure, status

__all__ = ["ToolStatus", "Toolchain", "ensure", "status"]
