package ingest_test

import (
	"context"
	"os"
	"os/signal"
)

// signalContext ends with an interrupt.
func signalContext() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}
