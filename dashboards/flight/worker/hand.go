package worker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// Pair returns the two ends of a socket between this process and a worker: a
// connection, and a file for the worker.
func Pair() (*net.UnixConn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs") //nolint:gosec // descriptors
	conn, err := net.FileConn(ours)
	if err = errors.Join(err, ours.Close()); err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return conn.(*net.UnixConn), theirs, nil
}

// Dial hands the worker behind control a new connection and returns its other end. No
// path leads to it, so nobody else can.
func Dial(control *net.UnixConn) (net.Conn, error) {
	ours, theirs, err := Pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	if _, _, err := control.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(theirs.Fd())), nil); err != nil { //nolint:gosec // a descriptor
		return nil, errors.Join(errEnded, ours.Close())
	}
	return ours, nil
}

// take receives a connection.
func take(control *net.UnixConn) (net.Conn, error) {
	oob := make([]byte, syscall.CmsgSpace(4))
	n, oobn, _, _, err := control.ReadMsgUnix(make([]byte, 1), oob)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.EOF
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("control: no connection was handed over: %w", err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("control: no connection was handed over: %w", err)
	}
	syscall.CloseOnExec(fds[0])
	file := os.NewFile(uintptr(fds[0]), "connection") //nolint:gosec // a descriptor
	conn, err := net.FileConn(file)
	return conn, errors.Join(err, file.Close())
}
