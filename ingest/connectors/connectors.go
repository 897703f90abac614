// Package connectors lists every connector. To add one, write its folder and add its
// line here.
package connectors

import (
	"dials/ingest"
	"dials/ingest/connectors/bamboohr"
	"dials/ingest/connectors/canvas"
	"dials/ingest/connectors/file"
	"dials/ingest/connectors/http"
	"dials/ingest/connectors/moodle"
	"dials/ingest/connectors/sql"
	"dials/ingest/connectors/xapi"
)

// All returns the constructor of each kind named in config.toml.
func All() map[string]ingest.New {
	return map[string]ingest.New{
		"bamboohr": bamboohr.New,
		"canvas":   canvas.New,
		"file":     file.New,
		"http":     http.New,
		"moodle":   moodle.New,
		"sql":      sql.New,
		"xapi":     xapi.New,
	}
}
