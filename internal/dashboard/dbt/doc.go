// Package dbt writes a project of dbt: the tables of events and the star as sources with
// their columns and tests, a staging model of each, the catalogue of metrics as models by day
// and as a semantic layer, and the dashboards as exposures.
//
// All of it comes from what the platform itself is made of: the declarations of the tables
// and of the star, the definitions of metrics, and the boards. Equal declarations make equal
// files.
package dbt
