// Command pulumi-resource-kubernetes is the Kubernetes provider of Pulumi.
//
// The provider's own main embeds two files that its release build generates; the module on the Go proxy has only their
// sources. The toolchain build copies those beside this file (see wegennet.toolchain.build) and this program embeds them.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
