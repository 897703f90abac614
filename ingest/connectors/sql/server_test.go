package sql_test

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
)

// A server is a database server that this test process started.
type server struct {
	port int
	err  error
	once sync.Once
	stop func()

	databases int
}

// servers are started once, by the first test that needs them.
type servers struct{ pg, my server }

// shared is set by TestMain alone.
var shared = &servers{}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range []*server{&shared.pg, &shared.my} {
		if s.stop != nil {
			s.stop()
		}
	}
	os.Exit(code)
}

// binary finds a program of a database server.
func binary(name string, folders ...string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range folders {
		found, _ := filepath.Glob(filepath.Join(pattern, name))
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return ""
}

// freePort is a port of loopback that nobody uses.
func freePort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// dataDir is a folder that account, to which root gives it, keeps its data in.
func dataDir(account string) (string, *syscall.Credential, error) {
	dir, err := os.MkdirTemp("", "dials-"+account)
	if err != nil || os.Getuid() != 0 {
		return dir, nil, err
	}
	u, err := user.Lookup(account)
	if err != nil {
		return dir, nil, err
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

// as makes a command that runs under another account.
func as(c *syscall.Credential, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// A client is a connection for the tests' own statements.
type client struct {
	pg *pgx.Conn
	my *stdsql.DB
}

func connect(ctx context.Context, kind, dsn string) (c client, err error) {
	if kind == "postgres" {
		c.pg, err = pgx.Connect(ctx, dsn)
		return c, err
	}
	if c.my, err = stdsql.Open("mysql", dsn); err == nil {
		if err = c.my.PingContext(ctx); err != nil {
			c.my.Close()
		}
	}
	return c, err
}

func (c client) exec(ctx context.Context, statement string) (err error) {
	if c.pg != nil {
		_, err = c.pg.Exec(ctx, statement)
		return err
	}
	_, err = c.my.ExecContext(ctx, statement)
	return err
}

func (c client) close() {
	if c.pg != nil {
		_ = c.pg.Close(context.Background())
	} else {
		_ = c.my.Close()
	}
}

// until waits for a server to answer.
func until(kind, dsn string, done <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		c, err := connect(ctx, kind, dsn)
		if err == nil {
			c.close()
			return nil
		}
		select {
		case e := <-done:
			return fmt.Errorf("%w: %w", errEnded, e)
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// start runs a server until the tests end. A port that was free may be taken by the time
// that the server listens, which then ends: it tries another.
func (s *server) start(dir, kind string, command func() (*exec.Cmd, string)) (err error) {
	for range 3 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		cmd, dsn := command()
		if err = s.run(cmd, dir, kind, dsn); !errors.Is(err, errEnded) {
			return err
		}
	}
	return err
}

func (s *server) run(cmd *exec.Cmd, dir, kind, dsn string) error {
	done, started := make(chan error, 1), make(chan error, 1)
	go func() {
		// Pdeathsig comes when the thread ends that started it, which is kept until then.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if started <- err; err == nil {
			done <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case err := <-done:
			_ = err // it was told to end
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
		}
		_ = os.RemoveAll(dir)
	}
	return until(kind, dsn, done)
}

func (s *server) startPostgres() error {
	initdb := binary("initdb", "/usr/lib/postgresql/*/bin")
	if initdb == "" {
		return errMissing
	}
	dir, credential, err := dataDir("postgres")
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	out, err := as(credential, dir, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	// Who comes over TCP as reader gives a password.
	hba := "host all reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o644); err != nil {
		return err
	}
	return s.start(dir, "postgres", func() (*exec.Cmd, string) {
		return as(credential, dir, filepath.Join(filepath.Dir(initdb), "postgres"), "-D", data, "-p", strconv.Itoa(s.port), "-k", dir, "-c",
			"listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=20"), s.pgURL("postgres")
	})
}

func (s *server) pgURL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

func (s *server) startMariaDB() error {
	mariadbd := binary("mariadbd", "/usr/sbin", "/usr/libexec")
	install := binary("mariadb-install-db", "/usr/bin")
	if mariadbd == "" || install == "" {
		return errMissing
	}
	dir, credential, err := dataDir("mysql")
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	out, err := as(credential, dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput()
	if err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	return s.start(dir, "mysql", func() (*exec.Cmd, string) {
		return as(credential, dir, mariadbd, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(s.port),
			"--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "pid"), "--innodb-flush-log-at-trx-commit=0", "--sql-mode=", "--skip-name-resolve"), s.myDSN("")
	})
}

func (s *server) myDSN(database string) string {
	return fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?multiStatements=true", s.port, database)
}

var errMissing, errEnded = errors.New("it is not installed"), errors.New("it ended")

// newDB opens a new database of a server that is started if need be.
func newDB(t testing.TB, kind string) (client, int, string) {
	t.Helper()
	s, begin := &shared.pg, shared.pg.startPostgres
	if kind == "mysql" {
		s, begin = &shared.my, shared.my.startMariaDB
	}
	s.once.Do(func() { s.err = begin() })
	if errors.Is(s.err, errMissing) {
		t.Skipf("%s is not installed: this test did not run", kind)
	}
	if s.err != nil {
		t.Fatalf("%s: %v", kind, s.err)
	}
	s.databases++
	name := fmt.Sprintf("d%d", s.databases)
	admin, dsn := s.pgURL("postgres"), s.pgURL(name)
	if kind == "mysql" {
		admin, dsn = s.myDSN(""), s.myDSN(name)
	}
	create := "create database " + name
	if kind == "mysql" {
		create += " character set utf8mb4"
	}
	run(t, open(t, kind, admin), create)
	return open(t, kind, dsn), s.port, name
}

func open(t testing.TB, kind, dsn string) client {
	t.Helper()
	c, err := connect(t.Context(), kind, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func run(t testing.TB, c client, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := c.exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
