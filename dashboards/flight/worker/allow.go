package worker

import (
	_ "embed"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed functions.txt
var functionsText string

// maxSQL bounds a statement.
const maxSQL = 256 << 10

// maxDepth bounds how deep a statement nests.
const maxDepth = 400

// functions lists what may be called.
func functions() map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(functionsText) {
		if !strings.HasPrefix(line, "#") {
			for name := range strings.FieldsSeq(line) {
				known[name] = true
			}
		}
	}
	return known
}

// rowFunctions are the functions in place of a table that read their arguments alone.
var rowFunctions = []string{"range", "generate_series", "unnest"}

// Parts of a statement that may stand in it. What DuckDB learns to parse in a later
// version is refused until it is added here.
var (
	allowedClasses = words("BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR PARAMETER POSITIONAL_REFERENCE STAR SUBQUERY WINDOW")
	allowedParts   = words(`SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EXPRESSION_LIST EMPTY CTE PIVOT
		ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING`)
)

func words(text string) []string { return strings.Fields(text) }

var plainName = regexp.MustCompile(`^[\pL_][\pL\pN_ ]*$`)

// A statement is what DuckDB's parser says of a text, walked against the lists above.
type statement struct {
	functions map[string]bool
	known     map[string]bool // tables of the snapshot
	reads     map[string]bool
	ctes      map[string]bool
	named     []string // tables that are none of the snapshot
}

// check refuses all but a single query of the snapshot's tables and the functions of
// functions.txt. tree is what json_serialize_sql made of the text. It returns the
// tables that are read.
func check(tree []byte, known map[string]bool) ([]string, error) {
	var parsed struct {
		Error      bool   `json:"error"`
		Kind       string `json:"error_type"`
		Message    string `json:"error_message"`
		Statements []struct {
			Node map[string]any `json:"node"`
		} `json:"statements"`
	}
	if err := json.Unmarshal(tree, &parsed); err != nil {
		return nil, refuse("the statement cannot be read")
	}
	switch {
	case parsed.Error && parsed.Kind == "not implemented":
		return nil, refuse("only queries may be run: select, with or values")
	case parsed.Error:
		return nil, &Failure{Wrong, "Parser Error: " + clean(parsed.Message)}
	case len(parsed.Statements) != 1:
		return nil, refuse("one statement at a time, not %d", len(parsed.Statements))
	}
	s := statement{functions: functions(), known: known, reads: map[string]bool{}, ctes: map[string]bool{}}
	if err := s.walk(parsed.Statements[0].Node, 0); err != nil {
		return nil, err
	}
	for _, name := range s.named {
		if !s.ctes[name] {
			return nil, refuse("table %.80q is not one of %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return slices.Sorted(maps.Keys(s.reads)), nil
}

// checkText refuses what no client writes and what could read otherwise than it looks.
func checkText(sql string) error {
	switch {
	case len(sql) > maxSQL:
		return &Failure{TooLarge, "the statement is too long"}
	case !utf8.ValidString(sql):
		return refuse("the statement is not UTF-8 text")
	case strings.ContainsFunc(sql, func(r rune) bool {
		return r != '\n' && r != '\r' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}):
		return refuse("the statement holds invisible characters")
	}
	return nil
}

func (s *statement) walk(node any, depth int) error {
	if depth > maxDepth {
		return refuse("the statement nests too deeply")
	}
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			if err := s.walk(child, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := s.part(node); err != nil {
			return err
		}
		for key, child := range node {
			if key == "value" && text(node, "class") == "CONSTANT" {
				continue // a literal is what it is
			}
			if err := s.walk(child, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func text(node map[string]any, key string) string {
	t, _ := node[key].(string)
	return t
}

// part checks one part of the statement by itself.
func (s *statement) part(node map[string]any) error {
	class, kind := text(node, "class"), text(node, "type")
	switch {
	case class != "":
		if !slices.Contains(allowedClasses, class) {
			return refuse("%s may not be used", strings.ToLower(class))
		}
	case kind != "" && !slices.Contains(allowedParts, kind) && !strings.HasSuffix(kind, "_TYPE_INFO"):
		return refuse("%s may not be used", strings.ToLower(strings.ReplaceAll(kind, "_", " ")))
	}
	if ctes, ok := node["cte_map"].(map[string]any); ok {
		entries, _ := ctes["map"].([]any)
		for _, e := range entries {
			entry, _ := e.(map[string]any)
			name := strings.ToLower(text(entry, "key"))
			if !plainName.MatchString(name) || s.known[name] {
				return refuse("%.80q cannot be the name of a with", name)
			}
			s.ctes[name] = true
		}
	}
	switch {
	case class == "" && kind == "BASE_TABLE":
		return s.table(node)
	case class == "" && kind == "TABLE_FUNCTION":
		call, _ := node["function"].(map[string]any)
		name := strings.ToLower(text(call, "function_name"))
		if !slices.Contains(rowFunctions, name) || text(call, "class") != "FUNCTION" {
			return refuse("function %.80q may not stand for a table", name)
		}
	}
	if name := strings.ToLower(text(node, "function_name")); name != "" && !s.functions[name] && !slices.Contains(rowFunctions, name) {
		return refuse("function %.80q may not be called", name)
	}
	return nil
}

// table checks the name of a table.
func (s *statement) table(node map[string]any) error {
	name, schema, catalog := strings.ToLower(text(node, "table_name")), strings.ToLower(text(node, "schema_name")), strings.ToLower(text(node, "catalog_name"))
	if node["at_clause"] != nil {
		return refuse("at may not be used")
	}
	switch {
	case s.known[name] && (schema == "" || schema == Schema || schema == Catalog && catalog == "") && (catalog == "" || catalog == Catalog):
		s.reads[name] = true
	case schema == "" && catalog == "" && plainName.MatchString(name):
		s.named = append(s.named, name)
	default:
		return refuse("table %.200q is not one of %s", strings.Trim(catalog+"."+schema+"."+name, "."), strings.Join(slices.Sorted(maps.Keys(s.known)), ", "))
	}
	return nil
}
