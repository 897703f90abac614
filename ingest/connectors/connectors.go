// Package connectors lists every connector. To add one, write its folder and add its
// line here.
package connectors

import (
	"dials/ingest"
	"dials/ingest/connectors/bamboohr"
	"dials/ingest/connectors/canvas"
	"dials/ingest/connectors/file"
	"dials/ingest/connectors/gusto"
	"dials/ingest/connectors/http"
	"dials/ingest/connectors/moodle"
	"dials/ingest/connectors/sql"
	"dials/ingest/connectors/xapi"
	xero "dials/ingest/connectors/xero_payroll_au"
)

// All returns the constructor of each kind named in config.toml.
func All() map[string]ingest.New {
	return map[string]ingest.New{
		"bamboohr":        bamboohr.New,
		"canvas":          canvas.New,
		"file":            file.New,
		"gusto":           gusto.New,
		"http":            http.New,
		"moodle":          moodle.New,
		"sql":             sql.New,
		"xapi":            xapi.New,
		"xero_payroll_au": xero.New,
	}
}
