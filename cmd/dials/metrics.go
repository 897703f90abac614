package main

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"dials/dashboards"
	"dials/warehouse"
)

// metrics are what /metrics says of the server. Labels name routes, queries, models
// and sources; never readers, people or units.
type metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
	kept     *prometheus.CounterVec
	models   *prometheus.GaugeVec
	rows     *prometheus.CounterVec
	syncs    *prometheus.CounterVec
	restarts prometheus.Counter
}

func newMetrics() *metrics {
	seconds := []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 20}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dials_requests_total", Help: "Requests that were answered."}, []string{"route", "status"}),
		latency:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dials_request_seconds", Help: "From the request to its answer; of a stream, to its first byte.", Buckets: seconds}, []string{"route"}),
		queries:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dials_query_seconds", Help: "Queries of pages and the API that ran, with the wait for a connection.", Buckets: seconds}, []string{"query"}),
		kept:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dials_query_cache_total", Help: "Queries that were answered from the cache (hit) or ran (miss)."}, []string{"result"}),
		models:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "dials_model_seconds", Help: "How long each model took when it was last built."}, []string{"model"}),
		rows:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dials_sync_rows_total", Help: "Rows of sources, by what became of them."}, []string{"source", "stream", "became"}),
		syncs:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dials_syncs_total", Help: "Streams that were synced, by outcome."}, []string{"source", "stream", "outcome"}),
		restarts: prometheus.NewCounter(prometheus.CounterOpts{Name: "dials_worker_restarts_total", Help: "Workers that ended without being asked to, and were started again."}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.queries, m.kept, m.models, m.rows, m.syncs, m.restarts,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts a request and its queries.
func (m *metrics) observe(r dashboards.Observed) {
	m.requests.WithLabelValues(r.Route, strconv.Itoa(r.Status)).Inc()
	m.latency.WithLabelValues(r.Route).Observe(r.Total.Seconds())
	for _, s := range r.Steps {
		if s.Kept {
			m.kept.WithLabelValues("hit").Inc()
			continue
		}
		m.kept.WithLabelValues("miss").Inc()
		m.queries.WithLabelValues(s.Query).Observe((s.Wait + s.Run).Seconds())
	}
}

// built notes how long models took.
func (m *metrics) built(report warehouse.BuildReport) {
	for _, b := range report.Rebuilt {
		m.models.WithLabelValues(b.Name).Set(b.Seconds)
	}
}

// synced counts what became of the rows of a stream.
func (m *metrics) synced(s streamResult) {
	outcome := "ok"
	if s.Error != "" {
		outcome = "error"
	}
	m.syncs.WithLabelValues(s.Source, s.Stream, outcome).Inc()
	for became, n := range map[string]int64{
		"inserted": s.Inserted, "updated": s.Updated, "unchanged": s.Unchanged, "deleted": s.Deleted, "rejected": s.Rejected,
	} {
		m.rows.WithLabelValues(s.Source, s.Stream, became).Add(float64(n))
	}
}

// A gauges collector reads at each scrape what the warehouse alone knows.
type gauges struct {
	l   *local
	log *slog.Logger

	sourceAge, evidenceAge, dataVersion, memory *prometheus.Desc
}

func newGauges(l *local, log *slog.Logger) gauges {
	return gauges{
		l: l, log: log,
		sourceAge:   prometheus.NewDesc("dials_source_age_seconds", "Since each source was last read without an error.", []string{"source"}, nil),
		evidenceAge: prometheus.NewDesc("dials_evidence_age_seconds", "Since evidence was last judged.", nil, nil),
		dataVersion: prometheus.NewDesc("dials_data_version", "Builds that changed something.", nil, nil),
		memory:      prometheus.NewDesc("dials_duckdb_memory_bytes", "What DuckDB holds in memory.", nil, nil),
	}
}

// Describe sends what Collect may send.
func (g gauges) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(g, to) }

// Collect sends the gauges that can be read just now; what cannot is logged.
func (g gauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	send := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	state, err := g.l.w.Ages(ctx, time.Now())
	if err != nil {
		g.log.ErrorContext(ctx, "metrics", "err", err)
		return
	}
	for source, age := range state.Sources {
		send(g.sourceAge, age.Seconds(), source)
	}
	if state.Evidence != nil {
		send(g.evidenceAge, state.Evidence.Seconds())
	}
	send(g.dataVersion, float64(state.DataVersion))
	send(g.memory, float64(state.Memory))
}
