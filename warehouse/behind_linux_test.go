package warehouse

import (
	"syscall"
	"testing"
)

// Builds yield to readers; nobody else does, and what went wrong comes back.
func TestBehind(t *testing.T) {
	priority := func() (n int) {
		n, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // 20 - nice, as the kernel tells it
		if err != nil {
			t.Error(err)
		}
		return n
	}
	before, within := priority(), 0
	Behind(func() { within = priority() })
	if want := min(before, 15); within != want || priority() != before {
		t.Errorf("priority %d before, %d within, %d after", before, within, priority())
	}
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("the panic became %v", p)
		}
	}()
	Behind(func() { panic("broken") })
}
