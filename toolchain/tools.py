"""The table of native tools: which Go module each comes from, what is stamped into it and how it tells its version.

Versions are read from the modules' go.mod, so that a bump is one `go get`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wegennet.toolchain import gomod

MODULES = Path(__file__).resolve().parent
"""The folder that holds one folder for each Go module."""

_SOURCE_SUFFIXES = (".go", ".mod", ".sum")


@dataclass(frozen=True)
class GoModule:
    """A Go module of ours that pins tools: `toolchain/<folder>/go.mod` and `go.sum`.

    Args:
        folder: name of the folder.
        requirement: the required module whose version is the tools' version; empty for a program of our own.
        stamps: linker stamps `package.variable=value`, with `{version}` (v1.2.3), `{number}`, `{major}` and `{minor}`.
        release: the version to stamp where the required module is published under another number.
        embeds: JSON documents of the required module that our main program embeds.
    """

    folder: str
    requirement: str
    stamps: tuple[str, ...] = ()
    release: str = ""
    embeds: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The folder with go.mod."""
        return MODULES / self.folder

    @property
    def sources(self) -> list[Path]:
        """The files that decide what is built, sorted."""
        return sorted(path for path in self.path.iterdir() if path.suffix in _SOURCE_SUFFIXES)

    @cached_property
    def version(self) -> str:
        """The pinned version with its leading v; `devel`, as Go says it, for a program of our own."""
        if self.release:
            return self.release
        return gomod.required_version(self.path / "go.mod", self.requirement) if self.requirement else "devel"

    @property
    def linker_flags(self) -> str:
        """The value of `go build -ldflags`: no symbol tables, and the stamps."""
        number = self.version.removeprefix("v")
        major, minor, *_ = [*number.split("."), ""]
        values = {"version": self.version, "number": number, "major": major, "minor": minor}
        return " ".join(["-s -w", *(f"-X {stamp.format(**values)}" for stamp in self.stamps)])


@dataclass(frozen=True)
class Tool:
    """A program that the platform runs.

    Args:
        name: the program's name on PATH.
        module: where it is pinned.
        package: the Go package of its main function.
        version_arguments: arguments with which a copy on PATH prints its version; a tool of which no copy can tell its
            version has none, and only our own build is used.
        is_provider: a Pulumi provider, which tells its version over gRPC only.
    """

    name: str
    module: GoModule
    package: str
    version_arguments: tuple[str, ...] = ()
    is_provider: bool = False

    @property
    def version(self) -> str:
        """The pinned version."""
        return self.module.version


ETCD = GoModule("etcd", "go.etcd.io/etcd/server/v3")
# The variables that Kubernetes' own build stamps (hack/lib/version.sh); the commit is left out: a module has none.
KUBERNETES = GoModule(
    "kubernetes",
    "k8s.io/kubernetes",
    stamps=tuple(
        f"k8s.io/{package}.{stamp}"
        for package in ("component-base/version", "client-go/pkg/version")
        for stamp in ("gitVersion={version}", "gitMajor={major}", "gitMinor={minor}", "gitTreeState=clean")
    ),
)
KWOK = GoModule("kwok", "sigs.k8s.io/kwok")
COREDNS = GoModule("coredns", "github.com/coredns/coredns")
KUBE_ROUTER = GoModule(
    "kube-router",
    "github.com/cloudnativelabs/kube-router/v2",
    stamps=("github.com/cloudnativelabs/kube-router/v2/pkg/version.Version={version}",),
)
HELM = GoModule("helm", "helm.sh/helm/v4", stamps=("helm.sh/helm/v4/internal/version.version={version}",))
PULUMI = GoModule(
    "pulumi",
    "github.com/pulumi/pulumi/pkg/v3",
    stamps=("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}",),
)
# The provider's releases are tagged outside the Go module's folder, so the proxy knows them by commit only.
KUBERNETES_PROVIDER = GoModule(
    "pulumi-resource-kubernetes",
    "github.com/pulumi/pulumi-kubernetes/provider/v4",
    stamps=("github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version={number}",),
    release="v4.25.0",
    embeds=(
        "cmd/pulumi-resource-kubernetes/schema.json",
        "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
    ),
)
PAUSE = GoModule("pause", "")

# Small modules first: a fault of the machine shows within a minute instead of after the API server's ten.
TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("pause", PAUSE, "."),
        Tool("etcd", ETCD, "go.etcd.io/etcd/server/v3", ("--version",)),
        *(
            Tool(name, KUBERNETES, f"k8s.io/kubernetes/cmd/{name}", ("--version",))
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
        ),
        Tool("kubectl", KUBERNETES, "k8s.io/kubernetes/cmd/kubectl", ("version", "--client")),
        Tool("kwok", KWOK, "sigs.k8s.io/kwok/cmd/kwok", ("--version",)),
        Tool("coredns", COREDNS, ".", ("-version",)),
        Tool("kube-router", KUBE_ROUTER, "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router", ("--version",)),
        Tool("helm", HELM, "helm.sh/helm/v4/cmd/helm", ("version", "--short")),
        Tool("pulumi", PULUMI, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", ("version",)),
        Tool("pulumi-resource-kubernetes", KUBERNETES_PROVIDER, ".", is_provider=True),
    )
}
