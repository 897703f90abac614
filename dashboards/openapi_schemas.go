package dashboards

import (
	"reflect"
	"strings"
	"time"

	"dials/dashboards/extracts"
)

// schemas are the shapes of the answers, read off the types that are sent.
func schemas() object {
	found := object{
		"Pages": object{"type": "object", "properties": object{"pages": object{"type": "array", "items": object{
			"type": "object", "properties": object{"page": textSchema(), "name": textSchema(), "url": textSchema()},
		}}}},
		"Extracts": object{"type": "object", "properties": object{
			"data_version": object{"type": "integer"}, "extracts": object{"type": "array", "items": ref("Extract")},
		}, "required": []string{"data_version", "extracts"}},
	}
	found["Extract"] = schemaOf(extracts.Listing())
	found["Page"] = schemaOf(reflect.TypeFor[pageAnswer]())
	found["Problem"] = schemaOf(reflect.TypeFor[problem]())
	return found
}

func textSchema() object { return object{"type": "string"} }

// schemaOf describes how a type is written as JSON.
func schemaOf(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		s["type"] = []any{s["type"], "null"}
		return s
	case reflect.String:
		return textSchema()
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return object{"type": "string", "format": "date-time"}
		}
		properties, required := object{}, []string{}
		for i := range t.NumField() {
			name, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			properties[name] = schemaOf(t.Field(i).Type)
			if option != "omitempty" {
				required = append(required, name)
			}
		}
		return object{"type": "object", "properties": properties, "required": required}
	}
	return object{} // any value
}
