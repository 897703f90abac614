package worker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// nice is how far this process stands behind the server that serves pages.
const nice = 19

// begin gives up what a process inherits: what stands in the environment, and what
// its parent had open.
func begin(uintptr) error {
	os.Clearenv()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= 2 {
			continue
		}
		if to, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && isFile(to) {
			_ = syscall.Close(fd) // the folder that was just read is closed already
		}
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, entry := range threads { // a new thread is as nice as the one that started it
		if id, err := strconv.Atoi(entry.Name()); err == nil {
			err = errors.Join(err, syscall.Setpriority(syscall.PRIO_PROCESS, id, nice))
			if err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
		}
	}
	return nil
}

// isFile tells what a process may have inherited from what the Go runtime and our own
// sockets are.
func isFile(to string) bool {
	return !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "socket:") && !strings.HasPrefix(to, "/proc/")
}

// Besides what statements may have, room for the stacks and buffers of this process;
// and for what is reserved without being memory yet.
const (
	roomOfProcess  = 128 << 20
	roomOfReserved = 8 << 30
)

// confine bounds the memory of this process to what it has by now and so much more,
// and forbids core files, which would hold data.
func confine(memory int64) error {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	fields := bytes.Fields(status)
	if len(fields) < 6 {
		return errors.New("/proc/self/statm is not as it should be")
	}
	mapped, errMapped := strconv.ParseUint(string(fields[0]), 10, 64)
	data, errData := strconv.ParseUint(string(fields[5]), 10, 64)
	if err := errors.Join(errMapped, errData); err != nil {
		return err
	}
	page, more := uint64(os.Getpagesize()), uint64(memory) //nolint:gosec // positive
	for limit, most := range map[int]uint64{
		syscall.RLIMIT_DATA: data*page + more + roomOfProcess, syscall.RLIMIT_AS: mapped*page + more + roomOfReserved,
		syscall.RLIMIT_CORE: 0, syscall.RLIMIT_NOFILE: 128,
	} {
		if err := syscall.Setrlimit(limit, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	return nil
}

// forgetFiles forbids to write any file from now on.
func forgetFiles() error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{})
}
