package dashboards

import (
	"context"

	"dials/queries"
)

// apiDocs describes the API for people, from the document that describes it for
// programs.
var apiDocs = page{
	Path: "/api-docs", Heading: "API", Template: "api.html", Topics: []queries.Topic{queries.TopicFrame}, Live: true, Load: loadAPIDocs,
}

// apiDocsView is the data of templates/api.html.
type apiDocsView struct {
	Document               string // where the OpenAPI document is
	DefaultRows, MostRows  int
	Pages, ExtractsCatalog string
}

func loadAPIDocs(context.Context, *request) (*content, error) {
	return &content{
		Title: "Every page's numbers can be had as JSON, and datasets as files",
		Lead:  "Through the same gate as the pages, with how many people stand behind each row, what it means and how fresh it is.",
		Body:  &apiDocsView{apiRoot + "/openapi.json", defaultRows, mostRows, apiRoot + "/pages", apiRoot + "/extracts"},
	}, nil
}
