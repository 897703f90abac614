// Dials is an analytics server that tells whether what a company did moved what
// its business cares about, and how well that is known.
//
// "dials help" is the manual.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes, as "dials help" tells them.
const (
	exitDone     = 0 // done, warnings included
	exitFindings = 1 // check found an error
	exitFailed   = 2 // wrong usage, or something outside the data failed
)

// errFindings says that a check ran to its end and found an error in the data.
var errFindings = errors.New("errors found")

func main() {
	syscall.Umask(0o077) // what is written is its owner's alone, DuckDB's files too
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFindings):
		return exitFindings
	default:
		fmt.Fprintln(stderr, "dials:", told(err))
		return exitFailed
	}
}
