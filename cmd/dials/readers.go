package main

import (
	"context"
	"fmt"
	"log/slog"
	"os/user"
	"strconv"
	"time"

	"dials/dashboards/access"
)

// readers are those who may see the pages, as config.toml and the store say.
func (l *local) readers(log *slog.Logger) (*access.Access, error) {
	zone, err := time.LoadLocation(l.cfg.Company.Timezone)
	if err != nil {
		return nil, fmt.Errorf("company.timezone: %w", err)
	}
	return access.New(access.Options{
		Config: l.cfg.Access, Server: l.cfg.Server, Store: l.access, Audit: l.audit,
		Off: l.cfg.Privacy.Off, Zone: zone, Clock: time.Now, Log: log,
	})
}

// desk is where the operator changes accounts, grants and tokens.
func (l *local) desk() *access.Desk {
	zone, err := time.LoadLocation(l.cfg.Company.Timezone)
	if err != nil {
		zone = time.UTC // config was checked
	}
	return access.NewDesk(l.access, l.audit, func() time.Time { return time.Now().In(zone) })
}

// actor is the operator who asks, as one who changes something.
func actor(ctx context.Context) access.Actor {
	p := peerOf(ctx)
	name := strconv.Itoa(p.uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return access.Actor{ID: p.identity(), Name: "operator " + name, Address: p.address()}
}
