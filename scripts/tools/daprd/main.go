// Command daprd is Dapr's sidecar with only the components LearnFlow uses.
//
// The runtime is Dapr's own, unchanged: this file reads Dapr's flags, fills the registries and starts it. The stock
// build compiles in more than a hundred components with their clients, which costs memory in every sidecar and a long
// build; ours has pub/sub on Kafka and in memory, state in PostgreSQL and in memory, secrets from the environment, and
// two ways to find another sidecar (see resolver.go).
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/dapr/components-contrib/nameresolution/mdns"
	pubsubmemory "github.com/dapr/components-contrib/pubsub/in-memory"
	"github.com/dapr/components-contrib/pubsub/kafka"
	"github.com/dapr/components-contrib/secretstores/local/env"
	statememory "github.com/dapr/components-contrib/state/in-memory"
	postgresql "github.com/dapr/components-contrib/state/postgresql/v2"
	"github.com/dapr/kit/concurrency"
	"github.com/dapr/kit/logger"
	"github.com/dapr/kit/signals"
	"go.opencensus.io/stats/view"
	"go.uber.org/automaxprocs/maxprocs"

	"github.com/dapr/dapr/cmd/daprd/options"
	"github.com/dapr/dapr/pkg/buildinfo"
	"github.com/dapr/dapr/pkg/components"
	"github.com/dapr/dapr/pkg/components/nameresolution"
	"github.com/dapr/dapr/pkg/components/pubsub"
	"github.com/dapr/dapr/pkg/components/secretstores"
	"github.com/dapr/dapr/pkg/components/state"
	"github.com/dapr/dapr/pkg/healthz"
	"github.com/dapr/dapr/pkg/metrics"
	"github.com/dapr/dapr/pkg/modes"
	"github.com/dapr/dapr/pkg/runtime"
	"github.com/dapr/dapr/pkg/runtime/registry"
	"github.com/dapr/dapr/pkg/security"
)

// Made before the flags are applied to all loggers there are; a later one would ignore --log-as-json.
var (
	log        = logger.NewLogger("dapr.runtime")
	contribLog = logger.NewLogger("dapr.contrib")
)

func main() {
	// In a container the cgroup's share of the cores counts, not the machine's number of them.
	_, _ = maxprocs.Set()
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "daprd:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	opts, err := options.New(args)
	if err != nil {
		return fmt.Errorf("reading the flags: %w", err)
	}
	switch {
	case opts.RuntimeVersion:
		fmt.Println(buildinfo.Version())
		return nil
	case opts.BuildInfo:
		// scripts/lib/sidecars.sh looks for "learnflow" here, to know whether the static resolver is there.
		fmt.Printf("Version: %s\nGit Commit: %s\nGit Version: %s\n",
			buildinfo.Version(), buildinfo.Commit(), buildinfo.GitVersion())
		return nil
	case opts.WaitCommand:
		runtime.WaitUntilDaprOutboundReady(opts.DaprHTTPPort)
		return nil
	}

	opts.Logger.SetAppID(opts.AppID)
	if err := logger.ApplyOptionsToLoggers(&opts.Logger); err != nil {
		return fmt.Errorf("setting up the log: %w", err)
	}
	log.Infof("Starting Dapr Runtime -- version %s -- LearnFlow's build", buildinfo.Version())

	// A SIGHUP ends one life of the runtime and starts the next, which then reads its resources again.
	ctx := signals.Context()
	lives := signals.OnHUP(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case life, open := <-lives:
			if !open {
				return nil
			}
			if err := live(life, opts); err != nil {
				return err
			}
			if life.Err() == nil {
				return nil // it ended by itself, through the shutdown API
			}
		}
	}
}

// live runs one life of the runtime: the certificates' provider and the sidecar itself.
func live(ctx context.Context, opts *options.Options) error {
	health := healthz.New()
	provider, err := security.New(ctx, security.Options{
		SentryAddress:           opts.SentryAddress,
		ControlPlaneTrustDomain: opts.ControlPlaneTrustDomain,
		ControlPlaneNamespace:   opts.ControlPlaneNamespace,
		TrustAnchors:            opts.TrustAnchors,
		AppID:                   opts.AppID,
		MTLSEnabled:             opts.EnableMTLS,
		Mode:                    modes.DaprMode(opts.Mode),
		Healthz:                 health,
		JwtAudiences:            opts.SentryRequestJwtAudiences,
	})
	if err != nil {
		return err
	}
	sidecar := func(ctx context.Context) error {
		handler, err := provider.Handler(ctx)
		if err != nil {
			return err
		}
		config := runtimeConfig(opts)
		config.Security = handler
		config.Healthz = health
		config.Metrics.Healthz = health
		config.Registry = componentRegistry()
		rt, err := runtime.FromConfig(ctx, config)
		if err != nil {
			return err
		}
		return rt.Run(ctx)
	}
	return concurrency.NewRunnerManager(provider.Run, sidecar).Run(ctx)
}

// runtimeConfig carries every flag over; a flag that is not here would be accepted and then ignored.
func runtimeConfig(o *options.Options) *runtime.Config {
	return &runtime.Config{
		// who we are, and what we read
		AppID:                      o.AppID,
		Mode:                       o.Mode,
		Config:                     o.Config,
		ResourcesPath:              o.ResourcesPath,
		ComponentsPath:             o.ComponentsPath,
		HotReloadReconcileInterval: o.HotReloadReconcileInterval,
		DisableInitEndpoints:       o.DisableInitEndpoints,
		// Dapr's API towards the app
		DaprHTTPPort:            o.DaprHTTPPort,
		DaprAPIGRPCPort:         o.DaprAPIGRPCPort,
		DaprAPIListenAddresses:  o.DaprAPIListenAddresses,
		DaprPublicPort:          o.DaprPublicPort,
		DaprPublicListenAddress: o.DaprPublicListenAddress,
		UnixDomainSocket:        o.UnixDomainSocket,
		AllowedOrigins:          o.AllowedOrigins,
		EnableAPILogging:        o.EnableAPILogging,
		MaxRequestSize:          o.MaxRequestSize,
		ReadBufferSize:          o.ReadBufferSize,
		// other sidecars and the control plane
		DaprInternalGRPCPort:          o.DaprInternalGRPCPort,
		DaprInternalGRPCListenAddress: o.DaprInternalGRPCListenAddress,
		EnableMTLS:                    o.EnableMTLS,
		SentryAddress:                 o.SentryAddress,
		ControlPlaneAddress:           o.ControlPlaneAddress,
		DisableBuiltinK8sSecretStore:  o.DisableBuiltinK8sSecretStore,
		ActorsService:                 o.ActorsService,
		ActorsDisseminationTimeout:    o.ActorsDisseminationTimeout,
		RemindersService:              o.RemindersService,
		SchedulerAddress:              o.SchedulerAddress,
		SchedulerStreams:              o.SchedulerJobStreams,
		// the app
		ApplicationPort:          o.AppPort,
		AppProtocol:              o.AppProtocol,
		AppSSL:                   o.AppSSL,
		AppChannelAddress:        o.AppChannelAddress,
		AppMaxConcurrency:        o.AppMaxConcurrency,
		AppBindingOptionsTimeout: o.AppBindingOptionsTimeout,
		EnableAppHealthCheck:     o.EnableAppHealthCheck,
		AppHealthCheckPath:       o.AppHealthCheckPath,
		AppHealthProbeInterval:   o.AppHealthProbeInterval,
		AppHealthProbeTimeout:    o.AppHealthProbeTimeout,
		AppHealthThreshold:       o.AppHealthThreshold,
		// its end
		DaprGracefulShutdownSeconds: o.DaprGracefulShutdownSeconds,
		DaprBlockShutdownDuration:   o.DaprBlockShutdownDuration,
		// looking into it
		ProfilePort:     o.ProfilePort,
		EnableProfiling: o.EnableProfiling,
		Metrics: metrics.Options{
			Enabled:       o.Metrics.Enabled(),
			Port:          o.Metrics.Port(),
			ListenAddress: o.Metrics.ListenAddress(),
			Namespace:     metrics.DefaultMetricNamespace,
			Meter:         view.NewMeter(),
			Log:           log,
		},
	}
}

// componentRegistry holds what a file under components/ may name in its `type`.
func componentRegistry() *registry.Options {
	buses := pubsub.NewRegistry()
	buses.Logger = contribLog
	buses.RegisterComponent(kafka.NewKafka, "kafka")
	buses.RegisterComponent(pubsubmemory.New, "in-memory")

	stores := state.NewRegistry()
	stores.Logger = contribLog
	stores.RegisterComponent(statememory.NewInMemoryStateStore, "in-memory")
	stores.RegisterComponentWithVersions("postgresql", components.Versioning{
		Preferred: components.VersionConstructor{Version: "v2", Constructor: postgresql.NewPostgreSQLStateStore},
		Default:   "v2",
	})

	secrets := secretstores.NewRegistry()
	secrets.Logger = contribLog
	secrets.RegisterComponent(env.NewEnvSecretStore, "local.env")

	resolvers := nameresolution.NewRegistry()
	resolvers.Logger = contribLog
	resolvers.RegisterComponent(mdns.NewResolver, "mdns")
	resolvers.RegisterComponent(newStaticResolver, "static")

	return registry.NewOptions().
		WithPubSubs(buses).
		WithStateStores(stores).
		WithSecretStores(secrets).
		WithNameResolutions(resolvers)
}
