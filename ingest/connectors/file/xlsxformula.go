package file

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// cell is a place in a sheet, from 1.
type cell struct{ row, col int }

// uncalculated finds the formulas of a sheet that have no stored result: programs that
// write spreadsheets without calculating them leave such cells.
func uncalculated(file, sheet string) (map[cell]bool, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	part, err := sheetPart(&z.Reader, sheet)
	if err != nil {
		return nil, err
	}
	in, err := z.Open(part)
	if err != nil {
		return map[cell]bool{}, nil // excelize has the better words for what is wrong
	}
	defer in.Close()
	return scanFormulas(in)
}

// scanFormulas reads the XML of a sheet.
func scanFormulas(r io.Reader) (map[cell]bool, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	out := map[cell]bool{}
	var ref string
	formula, value := false, false
	for {
		tag, err := nextTag(in)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		name, rest, _ := strings.Cut(tag, " ")
		switch strings.TrimSuffix(name, "/") {
		case "c":
			ref, formula, value = attribute(rest, "r"), false, false
		case "f":
			formula = true
		case "v", "is":
			value = !strings.HasSuffix(tag, "/")
		case "/c":
			if !formula || value || len(ref) > len("XFD1048576") { // longer names overflow
				continue
			}
			if col, row, err := excelize.CellNameToCoordinates(ref); err == nil {
				out[cell{row, col}] = true
			}
		}
	}
}

// nextTag returns what stands between the next < and >.
func nextTag(in *bufio.Reader) (string, error) {
	const longest = 4096
	for {
		if _, err := in.ReadSlice('<'); err == nil {
			break
		} else if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	var tag []byte
	for {
		part, err := in.ReadSlice('>')
		if len(tag) < longest {
			tag = append(tag, part...)
		}
		if err == nil {
			return strings.TrimSuffix(string(tag), ">"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}

// attribute returns the value of an attribute in the rest of a tag.
func attribute(rest, name string) string {
	_, after, ok := strings.Cut(" "+rest, " "+name+`="`)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(after, `"`)
	return value
}

// sheetPart finds the part of the package that holds a sheet.
func sheetPart(z *zip.Reader, sheet string) (string, error) {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := readPart(z, "xl/workbook.xml", &book); err != nil {
		return "", err
	}
	if err := readPart(z, "xl/_rels/workbook.xml.rels", &rels); err != nil {
		return "", err
	}
	for _, s := range book.Sheets {
		for _, r := range rels.Relationship {
			if s.Name == sheet && r.ID == s.ID {
				if strings.HasPrefix(r.Target, "/") {
					return strings.TrimPrefix(r.Target, "/"), nil
				}
				return path.Join("xl", r.Target), nil
			}
		}
	}
	return "xl/worksheets/none.xml", nil
}

func readPart(z *zip.Reader, name string, into any) error {
	in, err := z.Open(name)
	if err != nil {
		return nil // excelize has the better words for what is wrong
	}
	defer in.Close()
	const most = 16 << 20
	return xml.NewDecoder(io.LimitReader(in, most)).Decode(into)
}
