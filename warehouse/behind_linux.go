package warehouse

import "syscall"

// standBack makes this thread, and those that it starts, yield to others. It is a
// courtesy: where it is refused the work is done all the same.
func standBack() {
	const nice = 5                                         // a third of a reader's share: on a busy machine builds go on
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice) // of Linux, one thread
}
