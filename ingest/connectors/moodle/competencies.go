package moodle

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"dials/ingest"
	"dials/ingest/web"
)

// A framework is a competency framework with its competencies.
type framework struct {
	ID        id    `json:"id"`
	Shortname words `json:"shortname"`
	IDNumber  words `json:"idnumber"`
	Scale     id    `json:"scaleid"`
	Points    words `json:"scaleconfiguration"`

	skills []skill
}

// frameworks returns the frameworks of the site, each with its competencies.
func (s *site) frameworks(ctx context.Context, out *sink) ([]framework, error) {
	if s.frames != nil || s.without(out) {
		return s.frames, nil
	}
	if err := s.need("core_competency_list_competency_frameworks", "core_competency_list_competencies"); err != nil {
		return nil, err
	}
	var got list[framework]
	err := s.call(ctx, "core_competency_list_competency_frameworks", url.Values{
		"context[contextlevel]": {"system"}, "context[instanceid]": {"0"}, "includes": {"children"}, "onlyvisible": {"0"}, "query": {""},
	}, &got)
	if meaning(err) == barred {
		return nil, fmt.Errorf("%w: the role of the token's account lacks moodle/competency:competencyview", err)
	}
	if err != nil {
		return nil, err
	}
	frames := []framework{}
	err = web.Each(ctx, s.client.Concurrency(), got, func(ctx context.Context, f framework) (framework, error) {
		var skills list[skill]
		err := s.call(ctx, "core_competency_list_competencies", url.Values{
			"filters[0][column]": {"competencyframeworkid"}, "filters[0][value]": {f.ID.String()},
			"sort": {""}, "order": {""}, "skip": {"0"}, "limit": {"0"},
		}, &skills)
		f.skills = skills
		return f, err
	}, func(_ framework, f framework) error {
		frames = append(frames, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(frames, func(a, b framework) int { return int(a.ID - b.ID) })
	s.frames = frames
	return frames, nil
}

func (s *site) readFrameworks(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	frames, err := s.frameworks(ctx, out)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if err := out.Add(map[string]string{"framework_id": f.ID.String(), "name": string(f.Shortname), "version": string(f.IDNumber)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) readCompetencies(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	frames, err := s.frameworks(ctx, out)
	if err != nil {
		return err
	}
	for _, f := range frames {
		for _, k := range f.skills {
			err := out.Add(map[string]string{
				"competency_id": k.ID.String(), "framework_id": f.ID.String(), "name": string(k.Shortname),
				"description": clean(string(k.Description)), "scale_id": scaleOf(k, f),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// scaleOf is the scale of a competency: its own, or its framework's.
func scaleOf(k skill, f framework) string {
	switch {
	case k.Scale != 0:
		return k.Scale.String()
	case f.Scale != 0:
		return f.Scale.String()
	}
	return ""
}

// A point is a value of a scale.
type point struct {
	ID   id    `json:"id"`
	Name words `json:"name"`
}

// scales returns the points of every scale that a framework or a competency uses. The
// values of a scale have to be asked for by a function that few services contain;
// without it, the highest value is at least the highest one that is configured.
func (s *site) scales(ctx context.Context, out *sink) (map[id][]point, error) {
	frames, err := s.frameworks(ctx, out)
	if err != nil {
		return nil, err
	}
	all := map[id][]point{}
	for _, f := range frames {
		if f.Scale != 0 {
			all[f.Scale] = configured(string(f.Points))
		}
		for _, k := range f.skills {
			if k.Scale != 0 && all[k.Scale] == nil {
				all[k.Scale] = []point{}
			}
		}
	}
	if !s.has("core_competency_get_scale_values") {
		out.Warn("the names of scale points are not read, and the highest value is the highest one that the framework marks: the token's service does not contain core_competency_get_scale_values")
		return all, nil
	}
	for scale := range all {
		var got list[point]
		err := s.call(ctx, "core_competency_get_scale_values", url.Values{"scaleid": {scale.String()}}, &got)
		if apart(err) {
			out.Warn("the points of scale %d may not be seen (%s)", scale, faultWords(err))
			continue
		}
		if err != nil {
			return nil, err
		}
		all[scale] = got
	}
	return all, nil
}

// configured are the points that a framework's configuration names, by their place:
// [{"scaleid":"3"},{"id":3,"scaledefault":1,"proficient":1},…].
func configured(text string) []point {
	var got list[point]
	if json.Unmarshal([]byte(text), &got) != nil {
		return nil
	}
	return slices.DeleteFunc(got, func(p point) bool { return p.ID == 0 })
}

func (s *site) readScales(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	scales, err := s.scales(ctx, out)
	if err != nil {
		return err
	}
	for _, scale := range sortedIDs(scales) {
		high := id(0)
		for _, p := range scales[scale] {
			high = max(high, p.ID)
		}
		if high == 0 {
			continue // nothing is known of it
		}
		if err := out.Add(map[string]string{"scale_id": scale.String(), "low_value": "1", "high_value": high.String()}); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) readScalePoints(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	scales, err := s.scales(ctx, out)
	if err != nil {
		return err
	}
	for _, scale := range sortedIDs(scales) {
		for _, p := range scales[scale] {
			if err := out.Add(map[string]string{"scale_id": scale.String(), "value": p.ID.String(), "label": string(p.Name)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func sortedIDs[T any](m map[id]T) []id {
	keys := make([]id, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
