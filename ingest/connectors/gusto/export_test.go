package gusto

import (
	"time"

	"dials/ingest"
)

// NewQuick is New with waits that a test can bear.
func NewQuick(c ingest.Config) (ingest.Connector, error) { return build(c, time.Millisecond) }
