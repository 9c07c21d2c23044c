module stackwright.dev/hack/cluster/registry

go 1.26.0
