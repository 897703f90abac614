// Package static embeds the browser's files: our few, and vendor/, whose
// versions and checksums are in vendor/VERSIONS.
package static

import "embed"

// Files is this folder, less its Go files.
//
//go:embed app.css app.js icon.svg vendor
var Files embed.FS
