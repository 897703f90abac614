package extracts

import (
	"context"
	"reflect"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// A listing is an extract as the catalogue shows it to one reader.
type listing struct {
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Grain   string       `json:"grain"`
	Key     []string     `json:"key"`
	Owner   string       `json:"owner"`
	Class   string       `json:"class"`
	Filters []string     `json:"filters"`
	Formats []string     `json:"formats"`
	Pages   []string     `json:"pages"`
	Columns []columnInfo `json:"columns"`
	URL     string       `json:"url"` // without its format
}

// Listing is the shape of an extract in the catalogue.
func Listing() reflect.Type { return reflect.TypeFor[listing]() }

// list answers GET /api/v1/extracts: what the reader may take.
func (s *Server) list(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), timeout)
	defer cancel()
	reader := s.Reader(c)
	version, err := s.Marts.Version(ctx)
	if err != nil {
		return err
	}
	found := []listing{}
	for _, e := range s.Offered(reader) {
		l := listing{
			Name: e.Name, Title: e.Title, Grain: e.Grain, Key: e.Key, Owner: e.Owner, Class: string(e.Class),
			Filters: e.Choices(), Formats: Endings(), Pages: e.Pages, URL: "/extracts/" + e.Name,
		}
		for _, col := range e.Columns {
			l.Columns = append(l.Columns, columnInfo{col.Name, col.Type, col.Unit, col.Says, string(e.Class)})
		}
		found = append(found, l)
	}
	return c.JSON(fiber.Map{"data_version": version, "extracts": found})
}

// Offered lists the extracts that reader may take.
func (s *Server) Offered(reader queries.Reader) []queries.Extract {
	var offered []queries.Extract
	for _, e := range s.catalogue {
		if reader.Policy.Can(queries.ActionExtract) && reader.Policy.May(e.Topic, e.Class) {
			offered = append(offered, e)
		}
	}
	return offered
}
