package dashboards

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/extracts"
	"dials/queries"
)

// serveOpenAPI answers with the document of the API, made of the declarations that
// the API itself is made of.
func (s *server) serveOpenAPI(c *fiber.Ctx) error {
	document, err := s.openAPI()
	if err != nil {
		return err
	}
	return s.answerJSON(c, document)
}

type object = map[string]any

func (s *server) openAPI() (object, error) {
	paths := object{
		apiRoot + "/pages":    object{"get": operation("List the pages that you may ask for", nil, ref("Pages"))},
		apiRoot + "/extracts": object{"get": operation("List the extracts that you may take", nil, ref("Extracts"))},
	}
	for _, p := range s.programmable() {
		path, params := pathParameters(p.Path)
		for _, name := range slices.Concat(filterNames, p.Params) {
			params = append(params, parameter("query", name, filterSchema(name), false))
		}
		params = append(params,
			parameter("query", "only", object{"type": "string", "description": "the rows of this query alone"}, false),
			parameter("query", "limit", object{"type": "integer", "minimum": 1, "maximum": mostRows, "default": defaultRows}, false),
			parameter("query", "cursor", object{"type": "string", "description": "from next of the answer before"}, false))
		paths[apiRoot+"/pages"+path] = object{"get": operation(p.Heading+": what the page says, and the rows behind it", params, ref("Page"))}
	}
	catalogue, err := queries.Extracts()
	if err != nil {
		return nil, err
	}
	for _, e := range catalogue {
		paths["/extracts/"+e.Name+".{format}"] = object{"get": extractOperation(e)}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Dials", "version": "1",
			"description": "Every page's numbers, and the extracts, through the same gate as the pages. Within version 1 answers gain fields and queries gain columns; nothing is renamed, removed or given another meaning. Errors are problem details (RFC 9457).",
		},
		"paths":      paths,
		"components": object{"schemas": schemas(), "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "from dials token create"}}},
		"security":   []object{{"token": []string{}}, {}},
	}, nil
}

// pathParameters writes a path of Fiber as OpenAPI has it.
func pathParameters(path string) (string, []object) {
	parts := strings.Split(path, "/")
	var params []object
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
			params = append(params, parameter("path", name, object{"type": "string"}, true))
		}
	}
	return strings.Join(parts, "/"), params
}

func parameter(in, name string, schema object, required bool) object {
	return object{"in": in, "name": name, "schema": schema, "required": required}
}

func filterSchema(name string) object {
	switch name {
	case "period":
		return object{"type": "string", "enum": []string{"fy", lastYear, rolling12, custom}}
	case "org":
		return object{"type": "string", "enum": []string{"was", "now"}}
	case "as_of":
		return object{"type": "string", "format": "date"}
	case "from", "to":
		return object{"type": "string", "pattern": `^\d{4}-\d{2}$`}
	}
	return object{"type": "string"}
}

func extractOperation(e queries.Extract) object {
	names := make([]string, len(e.Columns))
	for i, c := range e.Columns {
		names[i] = c.Name
	}
	params := []object{
		parameter("path", "format", object{"type": "string", "enum": extracts.Endings()}, true),
		parameter("query", "columns", object{"type": "array", "items": object{"type": "string", "enum": names}}, false),
	}
	params[1]["style"], params[1]["explode"] = "form", false
	for _, f := range e.Choices()[1:] {
		params = append(params, parameter("query", f, filterSchema(f), false))
	}
	op := operation(e.Title+": one row is "+e.Grain, params, nil)
	op["responses"].(object)["200"] = object{"description": "the file", "content": object{"*/*": object{}}}
	op["responses"].(object)["206"] = object{"description": "the part that Range asks for"}
	return op
}

// operation is a GET that answers with a schema, or with problem details.
func operation(summary string, params []object, schema object) object {
	if params == nil {
		params = []object{}
	}
	return object{
		"summary": summary, "parameters": params,
		"responses": object{
			"200":     object{"description": "the answer", "content": object{fiber.MIMEApplicationJSON: object{"schema": schema}}},
			"304":     object{"description": "what If-None-Match names is still so"},
			"default": object{"description": "what is wrong, and what to do", "content": object{"application/problem+json": object{"schema": ref("Problem")}}},
		},
	}
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }
