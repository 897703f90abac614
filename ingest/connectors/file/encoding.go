package file

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encodings are the encodings that a file may be said to have; nil is UTF-8. What is
// called latin-1 is nearly always Windows-1252, which holds it.
func encodings() map[string]encoding.Encoding {
	le := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	return map[string]encoding.Encoding{
		"": nil, "utf-8": nil, "utf8": nil,
		"utf-16": le, "utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
		"latin-1":  charmap.Windows1252, "latin1": charmap.Windows1252, "iso-8859-1": charmap.Windows1252,
		"windows-1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
	}
}

// sniffEncoding tells UTF-16 by its mark or its zeros. Anything else is taken to be
// UTF-8 until its bytes say no.
func sniffEncoding(head []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	even, odd := 0, 0
	for i, c := range head {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	half := len(head) / 2
	if half < 4 {
		return nil
	}
	switch {
	case odd > half*8/10 && even < half/20:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case even > half*8/10 && odd < half/20:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// utf8Copy writes a file as UTF-8 without a mark into scratch, and returns its path;
// "" if the file is so already.
func utf8Copy(path, name, scratch string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF { //nolint:errorlint // ReadFull returns them bare
		return "", err
	}
	enc, marked := encodings()[name], bytes.HasPrefix(head[:n], []byte("\xef\xbb\xbf"))
	if name == "" || enc == nil {
		if enc = sniffEncoding(head[:n]); name != "" && enc != nil {
			return "", fmt.Errorf("encoding = %q, but it begins like UTF-16", name)
		}
	}
	if enc == nil && !marked {
		return "", nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	var r io.Reader = f
	if marked {
		if _, err := f.Seek(3, io.SeekStart); err != nil {
			return "", err
		}
	} else {
		r = transform.NewReader(f, enc.NewDecoder())
	}
	return writeScratch(scratch, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// writeScratch writes a new file in scratch.
func writeScratch(scratch string, write func(io.Writer) error) (path string, err error) {
	out, err := os.CreateTemp(scratch, "file-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
		if err != nil {
			_ = os.Remove(out.Name())
			path = ""
		}
	}()
	return out.Name(), write(out)
}
