package main

import (
	"context"
	"fmt"
	"net"

	"github.com/dapr/components-contrib/nameresolution"
	"github.com/dapr/kit/config"
	"github.com/dapr/kit/logger"
)

// staticResolver finds a sidecar in a table from its Configuration resource: app-id → "host:port" of the sidecar's
// internal gRPC port.
//
// Two stacks on one machine use the same app-ids. mDNS, Dapr's default there, knows no boundary between them, so that
// a call from one could end in the other. The sqlite resolver keeps them apart by a file, but asks the database at
// every call. With fixed ports the table is known beforehand, and looking it up costs nothing.
type staticResolver struct {
	log   logger.Logger
	table map[string]string
}

func newStaticResolver(log logger.Logger) nameresolution.Resolver {
	return &staticResolver{log: log}
}

func (r *staticResolver) Init(_ context.Context, metadata nameresolution.Metadata) error {
	var table map[string]string
	if err := config.Decode(metadata.Configuration, &table); err != nil {
		return fmt.Errorf("static name resolution: the configuration must map app-ids to host:port: %w", err)
	}
	if len(table) == 0 {
		return fmt.Errorf("static name resolution: the configuration lists no app-id")
	}
	for id, address := range table {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("static name resolution: the address of %q: %w", id, err)
		}
	}
	r.table = table
	r.log.Infof("static name resolution of %d app-ids", len(table))
	return nil
}

func (r *staticResolver) ResolveID(_ context.Context, req nameresolution.ResolveRequest) (string, error) {
	address, known := r.table[req.ID]
	if !known {
		return "", fmt.Errorf("static name resolution: no address for app-id %q", req.ID)
	}
	return address, nil
}

func (r *staticResolver) Close() error { return nil }
