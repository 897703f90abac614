package dashboards

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

// assets are the browser's files. Each is served under a URL that holds the hash
// of its content, so that it can be kept for ever.
type assets struct {
	byURL map[string]*asset
	urls  map[string]string // by name, such as "app.css"
	sum   string            // of all of them
}

// An asset is one file, compressed when first asked for and kept so.
type asset struct {
	contentType string
	raw         []byte
	gzip        func() []byte
	brotli      func() []byte
}

// newAssets reads the files that a page refers to from files.
func newAssets(files fs.FS) (*assets, error) {
	a := &assets{byURL: map[string]*asset{}, urls: map[string]string{}}
	all := sha256.New()
	for _, name := range []string{"app.css", "app.js", "icon.svg", "vendor/echarts.min.js"} {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("static files: %w", err)
		}
		sum := sha256.Sum256(raw)
		all.Write(sum[:])
		contentType := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".js" {
			contentType = "text/javascript; charset=utf-8"
		}
		url := "/static/" + hex.EncodeToString(sum[:8]) + "/" + path.Base(name)
		a.urls[path.Base(name)] = url
		a.byURL[url] = &asset{
			contentType: contentType, raw: raw,
			gzip:   sync.OnceValue(func() []byte { return gzipped(raw) }),
			brotli: sync.OnceValue(func() []byte { return brotlied(raw, 9) }),
		}
	}
	a.sum = hex.EncodeToString(all.Sum(nil)[:8])
	return a, nil
}

// compress makes every compressed form now, so that no reader waits for one.
func (a *assets) compress() {
	for _, f := range a.byURL {
		f.brotli()
		f.gzip()
	}
}

func (a *assets) serve(c *fiber.Ctx) error {
	f, ok := a.byURL[c.Path()]
	if !ok {
		return fiber.NewError(fiber.StatusNotFound, "there is no such file")
	}
	c.Set(fiber.HeaderContentType, f.contentType)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	return sendBest(c, f.raw, f.brotli, f.gzip)
}

// sendBest sends the smallest form that the reader takes.
func sendBest(c *fiber.Ctx, raw []byte, br, gz func() []byte) error {
	c.Vary(fiber.HeaderAcceptEncoding)
	switch encodings := c.Get(fiber.HeaderAcceptEncoding); {
	case accepts(encodings, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(br())
	case accepts(encodings, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(gz())
	}
	return c.Send(raw)
}

// accepts reports whether an Accept-Encoding header names an encoding and does
// not refuse it.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == encoding {
			return strings.Trim(strings.TrimSpace(q), "0.") != "q="
		}
	}
	return false
}

func gzipped(raw []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, 6)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = w.Write(raw) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

func brotlied(raw []byte, level int) []byte {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, level)
	_, _ = w.Write(raw) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
