package warehouse

import "runtime"

// Behind runs f on a thread of its own that stands behind those who read pages: where
// both want a processor, readers come first.
func Behind(f func()) {
	done := make(chan any)
	go func() {
		// The thread ends with the goroutine that holds it, and its priority with it.
		runtime.LockOSThread()
		standBack()
		defer func() { done <- recover() }()
		f()
	}()
	if p := <-done; p != nil {
		panic(p)
	}
}
