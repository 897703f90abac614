package extracts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// A destination keeps files by name, with slashes. put replaces a file whole.
type destination interface {
	read(ctx context.Context, name string) ([]byte, error) // fs.ErrNotExist where there is none
	put(ctx context.Context, name, file string) error
	remove(ctx context.Context, folder string) error
}

// openDestination opens where an export goes to.
func openDestination(e *Export, getenv func(string) string) (destination, error) {
	rest, isS3 := strings.CutPrefix(e.To, "s3://")
	if !isS3 {
		return folder(e.To), nil
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	endpoint := e.Endpoint
	if endpoint == "" {
		endpoint = "s3.amazonaws.com"
	}
	id, secret := getenv(e.AccessKeyEnv), getenv(e.SecretKeyEnv)
	if id == "" || secret == "" {
		return nil, fmt.Errorf("the environment variables %q and %q, of access_key_env and secret_key_env, must hold the keys", e.AccessKeyEnv, e.SecretKeyEnv)
	}
	client, err := minio.New(endpoint, &minio.Options{Creds: credentials.NewStaticV4(id, secret, ""), Secure: !e.Insecure, Region: e.Region})
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	return &s3{client, bucket, strings.Trim(prefix, "/")}, nil
}

// folder is a destination on this machine.
type folder string

func (f folder) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

func (f folder) read(_ context.Context, name string) ([]byte, error) {
	return os.ReadFile(f.path(name))
}

func (f folder) put(_ context.Context, name, file string) (err error) {
	to := f.path(name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Chmod(0o640), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}

func (f folder) remove(_ context.Context, name string) error { return os.RemoveAll(f.path(name)) }

// sent is a destination that somebody else keeps.
type sent func(name, file string) error

func (s sent) read(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }

func (s sent) put(_ context.Context, name, file string) error { return s(name, file) }

func (s sent) remove(context.Context, string) error { return nil }

// s3 is a destination on a store that speaks S3, where an object appears whole.
type s3 struct {
	client *minio.Client
	bucket string
	prefix string
}

func (s *s3) key(name string) string { return strings.TrimPrefix(s.prefix+"/"+name, "/") }

func (s *s3) read(ctx context.Context, name string) ([]byte, error) {
	object, err := s.client.GetObject(ctx, s.bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer object.Close()
	text, err := io.ReadAll(io.LimitReader(object, 64<<20))
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, fs.ErrNotExist
	}
	return text, err
}

func (s *s3) put(ctx context.Context, name, file string) error {
	_, err := s.client.FPutObject(ctx, s.bucket, s.key(name), file, minio.PutObjectOptions{})
	return err
}

func (s *s3) remove(ctx context.Context, folder string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for object := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.key(folder) + "/", Recursive: true}) {
		if object.Err != nil {
			return object.Err
		}
		if err := s.client.RemoveObject(ctx, s.bucket, object.Key, minio.RemoveObjectOptions{}); err != nil {
			return err
		}
	}
	return nil
}
