package file

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A workbook of some kilobytes that unpacks to gigabytes, or says that it is small
// and is not, is refused before it fills the disk; a large one that is honest is read.
func TestBomb(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	book := excelize.NewFile()
	if err := book.SetCellStr("Sheet1", "A1", "person_id"); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	limit, err := unpackLimit(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func(path string) error {
		book, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true, UnzipSizeLimit: limit, UnzipXMLSizeLimit: inMemory})
		if err != nil {
			return err
		}
		return book.Close()
	}
	if err := open(path); err != nil {
		t.Errorf("an honest workbook: %v", err)
	}
	bomb := filepath.Join(t.TempDir(), "bomb.xlsx")
	repack(t, path, bomb, int(limit)+1)
	if limit, err = unpackLimit(bomb); err != nil {
		t.Fatal(err)
	}
	if err := open(bomb); err == nil || !strings.Contains(err.Error(), "exceed") {
		t.Errorf("a bomb was unpacked: %v", err)
	}
}

// repack copies a workbook and fills its sheet with blanks.
func repack(t *testing.T, from, to string, size int) {
	t.Helper()
	in, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		if f.Name != "xl/worksheets/sheet1.xml" {
			if err := z.Copy(f); err != nil {
				t.Fatal(err)
			}
			continue
		}
		w, err := z.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		blank := bytes.Repeat([]byte(" "), 1<<20)
		for written := 0; written < size; written += len(blank) {
			if _, err := w.Write(blank); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
