// Made by generate.ts from docs/openapi.json. Do not edit.

export interface paths {
    "/api/v1/analysis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Analyses of customers and orders, and their newest runs */
        get: operations["analyses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An analysis, and its newest run */
        get: operations["analysis"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/{name}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rows of an analysis, the most interesting first
         * @description All rows are of one run, also while another puts its results in their place.
         */
        get: operations["analysis-result"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run an analysis on what the tables have now
         * @description It replaces the results of its former run when it is done; when it fails they stay. One analysis runs at a time.
         */
        post: operations["analysis-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened: deploys, campaigns, incidents, notes
         * @description Those that touch the range. Incidents of the platform are among them.
         */
        get: operations["annotations"];
        put?: never;
        /** Note that something happened */
        post: operations["annotation-add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/annotations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove an annotation */
        delete: operations["annotation-delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit-trail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed what, when and why
         * @description Changes of rules, mappings, jobs, contracts, settings and sources, and what was done to quarantined events. The range is the time of the change.
         */
        get: operations["audit-trail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit-trail/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One change, with what was before and after */
        get: operations["audit-entry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest audits */
        get: operations["audits"];
        put?: never;
        /**
         * Recount the log and every table, and compare them with the ledger and with each other
         * @description All as of one commit. It finds rows that were deleted, doubled or changed by hand. Server-sent events; when the client leaves, the audit ends.
         */
        post: operations["audit-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checks of windows and tables, and how they ended last */
        get: operations["checks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checks/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run checks now
         * @description Those that meet all that is given; without anything, all.
         */
        post: operations["checks-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checks/try": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try files of checks
         * @description Runs them on what the tables have, and keeps nothing: what a new file would say.
         */
        post: operations["checks-try"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checks/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A check and its newest results */
        get: operations["check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checks/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a check now
         * @description On what the tables have. A check on windows is run on the newest complete one.
         */
        post: operations["check-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consumers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who read events within the last 30 days
         * @description Jobs and consumer groups are noticed by the platform; applications register themselves.
         */
        get: operations["consumers"];
        put?: never;
        /**
         * Register an application that reads events
         * @description So that 'millrace schema check' can say what a change of a contract breaks for it. Register at each start: who was not seen for 30 days is forgotten.
         */
        post: operations["consumer-register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What events must look like, by type */
        get: operations["contracts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The contract of a type of event, and what deviates from it */
        get: operations["contract"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/coordinates/{partition}/{offset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Passport of the record at coordinates of the log */
        get: operations["coordinates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Dashboards */
        get: operations["dashboards"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A dashboard, and its definition */
        get: operations["dashboard"];
        /**
         * Save a dashboard
         * @description One of a file or of the platform is overridden; removing the saved one brings it back.
         */
        put: operations["dashboard-put"];
        post?: never;
        /** Remove a saved dashboard */
        delete: operations["dashboard-delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards/{id}/charts/{chart}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The numbers of a chart as CSV
         * @description Cells that a spreadsheet would take for a formula begin with an apostrophe.
         */
        get: operations["dashboard-chart-csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards/{id}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A dashboard, live
         * @description Server-sent events. `snapshot` carries all charts, `charts` those that have changed, at most one of them each second; `pending` names charts that have no answer yet. `heartbeat` comes when nothing changes. `problem` says why there is nothing newer; `gone` that the dashboard was removed. A client that reads too slowly is disconnected and may come again.
         */
        get: operations["dashboard-live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dashboards/{id}/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The answers to the charts of a dashboard
         * @description What is wrong with one chart is its problem; the others are answered. An answer is kept while no event comes: asking again costs nothing.
         */
        post: operations["dashboard-query"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/definitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each number of the overview means
         * @description Each definition comes with a query that gives the number for the range, and one that lists the rows behind it.
         */
        get: operations["definitions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/escalations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Incidents, and the messages about them that wait */
        get: operations["escalations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/escalations/incidents/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that somebody has taken an incident on
         * @description Its targets are told.
         */
        post: operations["escalation-acknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/escalations/incidents/{id}/mute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let an incident send no updates for a while
         * @description Its end is told all the same.
         */
        post: operations["escalation-mute"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/escalations/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try the messages again that were given up */
        post: operations["escalation-retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/escalations/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test message to a target at once
         * @description The answer comes once the target has it; what the target says is in the error.
         */
        post: operations["escalation-test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search accepted and quarantined events, newest event time first */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Passport of an event
         * @description Its raw payload, source, rows, every change made to it with the version of the rule, and every delivery.
         */
        get: operations["event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The rows behind a number
         * @description Opens a cell of the result of a statement, or of a job's table, down to the rows or events that it is made of, and checks that they come to it. What cannot be explained is refused with the reason and what to do (422).
         */
        post: operations["explain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a file of events
         * @description The body is streamed: CSV or JSON Lines, also gzip or zstd, told by Content-Encoding or by the name's ending. A record that cannot be taken is counted as rejected and the others are taken. Sending the same file again changes nothing.
         */
        post: operations["files"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The streaming jobs, as of their newest commit */
        get: operations["jobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare two jobs over the log's history
         * @description Both jobs read the accepted events that the log has, beside the live jobs, and their results are compared. Nothing is published. Server-sent events; when the client leaves, the run ends.
         */
        post: operations["job-diff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One streaming job */
        get: operations["job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{name}/backfill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a job begin anew over the log's history
         * @description The job reads the accepted events that the log has, with new state, beside the one that runs, and takes over when it has caught up. Its results replace those of the same key as they come; outputs without a key are not published again. Server-sent events; when the client leaves, the backfill ends and the running job goes on.
         */
        post: operations["job-backfill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{name}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a failed job go on from where it failed
         * @description It reads what it has missed, publishes its results, and runs on. Server-sent events.
         */
        post: operations["job-restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{name}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Results of a job, as they are committed
         * @description Server-sent events. `result` carries one result. `gap` says that results behind its member `after` may be missing, since more came than are kept or the platform started anew: read the job's table. A client that reads too slowly is disconnected and may come again.
         */
        get: operations["job-results"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tables of the lake
         * @description They are Iceberg tables, which other engines open by their catalogue or their metadata.
         */
        get: operations["lake"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake/acts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Do now what is otherwise done in the background */
        post: operations["lake-act"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Remove the rows of the events of a person from lake and tables */
        post: operations["lake-erase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake/sql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the lake as it was */
        post: operations["lake-sql"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake/tables/{table}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A table of the lake as it is, or was: files, columns, snapshots, branches and tags */
        get: operations["lake-table"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake/tables/{table}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change columns, branches and tags of a table */
        post: operations["lake-evolve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lake/tiers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where events rest, and what the policy does with them next */
        get: operations["lake-tiers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was received and what became of it
         * @description Every received event has exactly one verdict, so the columns add up. With check=true the answer says whether the stored rows agree.
         */
        get: operations["ledger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The events behind a number of the ledger
         * @description Period, source and column of the ledger as rows with coordinates, place in their source, and passport.
         */
        get: operations["ledger-events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lineage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where data comes from and where it goes
         * @description Derived from what is declared: mappings, adapters, rules, jobs, metrics and saved statements.
         */
        get: operations["lineage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lineage/impact": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What breaks if this column changes */
        get: operations["lineage-impact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lineage/path": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How one column comes of another */
        get: operations["lineage-path"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lineage/sql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Which columns a statement reads
         * @description The statement is parsed and not run.
         */
        post: operations["lineage-sql"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The catalogue of metrics
         * @description Each number has one definition, for console, alerts and whoever asks.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Metrics over event time and dimensions
         * @description Compiled to one statement over the stored rows. What cannot be asked is refused with the nearest name.
         */
        post: operations["metrics-query"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A metric of the catalogue */
        get: operations["metric"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/differences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Orders about which a witness differs */
        get: operations["orders-differences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/truth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same orders as different witnesses report them, by day
         * @description Witnesses are configured in reconcile.orders. The first that knows an order is believed.
         */
        get: operations["orders-truth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shop's numbers over event time */
        get: operations["overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The overview, live
         * @description Server-sent events. `overview` carries the answer of /api/v1/overview and comes every second while data changes; `platform` carries its platform member and comes when only that changed, at least every 3 seconds; `problem` says why the newest numbers could not be computed. A client that reads too slowly is disconnected and may come again.
         */
        get: operations["overview-stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sources and types of which there are profiles of columns */
        get: operations["profiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles/{source}/{type}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the columns of a source's events look like
         * @description Null share, different values, extremes, quantiles, most frequent values and shapes of each column, of a sample of the accepted events of a day.
         */
        get: operations["profile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles/{source}/{type}/suggestion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rules and checks that hold for what was seen
         * @description Files in the formats of rules and checks, with the evidence as comments.
         */
        get: operations["profile-suggestion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quality/scores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Scores of all, of sources, of tables and of owners
         * @description The share of passed runs of each check over the last day, weighted by severity.
         */
        get: operations["quality-scores"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Quarantined events by rule, with samples
         * @description The range is in event time; events without one are placed by their receive time.
         */
        get: operations["quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a run would do, without any effect
         * @description Tries the patch on all events that the filter matches, or on an even sample of many: how many heal, are duplicates, stay broken and by which rule; samples before and after; what revenue, orders and units become. The token confirms a run of the same kind, filter and patch.
         */
        post: operations["quarantine-dry-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Quarantined events as a file to edit, in a spreadsheet for example
         * @description Payloads that are lines of one kind have a column for each of their columns. Keep partition, offset and event_id: they say which event a row is. Cells that a spreadsheet would take for a formula begin with an apostrophe, which the import takes away again. Absent state: open and dead.
         */
        get: operations["quarantine-export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Quarantined events by source, rule, category and field
         * @description The address of a group (its id) stays the same, so that tickets can point to it.
         */
        get: operations["quarantine-groups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One group: samples, course over time, what was said about it */
        get: operations["quarantine-group"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/groups/{id}/triage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say something about a group: who sees to it, a note, a link to a ticket */
        post: operations["quarantine-triage-group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an edited file back
         * @description What has changed is redriven with its new payload; rows that were not changed are left alone. Commas, semicolons and tabs, a byte order mark, UTF-16 and numbers that were written otherwise are understood. Make a dry run first: it says line by line what cannot be taken, and gives the token for confirm.
         */
        post: operations["quarantine-import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Quarantined events, in the order of their coordinates */
        get: operations["quarantine-items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/items/{partition}/{offset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One quarantined event with its payload, its fields and its whole history */
        get: operations["quarantine-item"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/items/{partition}/{offset}/triage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say something about one quarantined event */
        post: operations["quarantine-triage-item"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs: those at work, those that wait, those that have ended */
        get: operations["quarantine-runs"];
        put?: never;
        /**
         * Redrive, waive, reopen, purge or bury all events that a filter matches now
         * @description The run is queued and works in the background, one run at a time. What is settled already is left alone: redriving twice counts once.
         */
        post: operations["quarantine-run-start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One run and how far it is
         * @description Ask again for its progress; a second is often enough.
         */
        get: operations["quarantine-run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a run; what it has done stays */
        post: operations["quarantine-run-cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/runs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a run wait */
        post: operations["quarantine-run-pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/runs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a paused run go on */
        post: operations["quarantine-run-resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Saved queries */
        get: operations["queries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A saved query, and its definition */
        get: operations["query"];
        /**
         * Save a query
         * @description The statement is prepared with the caller's role first. Its owner is the user of the request; what a user owns others cannot change.
         */
        put: operations["query-put"];
        post?: never;
        /** Remove a saved query */
        delete: operations["query-delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries/{id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a saved query
         * @description With the caller's role, as POST /api/v1/sql does. Arguments are bound, and are no part of the statement.
         */
        post: operations["query-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries/{id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs of a saved query's schedule */
        get: operations["query-runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries/{id}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the result of a scheduled query now
         * @description It runs besides its times, as its owner, and is sent whatever its condition.
         */
        post: operations["query-send"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queries/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Versions of a saved query
         * @description The newest 50 are kept, also when it is removed. Saving the YAML of an earlier one brings it back.
         */
        get: operations["query-versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rollups that metrics are read from, and how they stand */
        get: operations["rollups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollups/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A rollup, and how it stands */
        get: operations["rollup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollups/{name}/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a rollup anew from the rows
         * @description It happens in the background; the present tables are read until then.
         */
        post: operations["rollup-rebuild"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the rules of each source do, and how often
         * @description The counts are telemetry of this process; the ledger is what balances.
         */
        get: operations["rules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what a rules file would do to the newest events of a source
         * @description The file takes the place of the source's own rules, for events that are decoded anew from the log. Nothing is stored. A rule or correction that would hit nearly every event is to be confirmed in the file before the platform takes it.
         */
        post: operations["rules-dry-run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tables that SQL can read, and what bounds a statement */
        get: operations["schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shared/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The dashboard of a link */
        get: operations["shared"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shared/{token}/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened, for the readers of a link
         * @description Deploys, campaigns and notes that touch the range. Incidents, and who said what, are not told outside.
         */
        get: operations["shared-annotations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shared/{token}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The dashboard of a link, live
         * @description Server-sent events. `snapshot` carries all charts, `charts` those that have changed, at most one of them each second; `pending` names charts that have no answer yet. `heartbeat` comes when nothing changes. `problem` says why there is nothing newer; `gone` that the dashboard was removed. A client that reads too slowly is disconnected and may come again.
         */
        get: operations["shared-live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shared/{token}/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The answers to the charts of a link's dashboard */
        post: operations["shared-query"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Links by which dashboards are read */
        get: operations["shares"];
        put?: never;
        /**
         * Make a link by which a dashboard is read
         * @description Whoever knows the link reads that dashboard, within the filters of the link, and nothing else. The token is told once and kept hashed.
         */
        post: operations["share-make"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shares/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a link */
        delete: operations["share-delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sinks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where messages of topics go
         * @description Each sink delivers from its own cursor. The counts are those of this process since it started.
         */
        get: operations["sinks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sources of events */
        get: operations["sources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sources/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One source, and what holds for it */
        get: operations["source"];
        put?: never;
        post?: never;
        /**
         * Let the configuration of a source hold again
         * @description Changes that were made while the platform ran are forgotten.
         */
        delete: operations["source-reset"];
        options?: never;
        head?: never;
        /**
         * Change what holds for a source
         * @description The change holds at once, and after a restart, until it is reset.
         */
        patch: operations["source-change"];
        trace?: never;
    };
    "/api/v1/sources/{name}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How good the events of a source are, and what was done about it */
        get: operations["source-health"];
        put?: never;
        /**
         * Suspend a source, make it active, or probe it
         * @description Events of a suspended source go on to be logged. They are quarantined by the rule source.suspended, and none is lost.
         */
        post: operations["source-health-change"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run one SQL statement that reads
         * @description The Accept header chooses the format. CSV and Arrow answers carry the trailer Millrace-Truncated, which is true when a limit cut the result off. An error names the line and column of the statement.
         */
        post: operations["sql"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sql/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the caller may ask by SQL
         * @description The limits of the caller's role, and what it may read. They hold for PostgreSQL's protocol, too.
         */
        get: operations["sql-limits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sql/slow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Queries that took long
         * @description By the API and by PostgreSQL's protocol. What counts as long is olap.sql.slow_query.
         */
        get: operations["sql-slow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/state/{job}/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a job keeps of a key
         * @description As of the newest commit, with the positions of the log that it reflects.
         */
        get: operations["state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Daily statements of the ledger
         * @description A day of receipt is closed some time after its end. Each statement names the digest of the one before.
         */
        get: operations["statements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statements/{day}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The statement of a day, and what has changed since */
        get: operations["statement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statements/{day}/sign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign a day's statement off */
        post: operations["statement-sign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * State of the platform
         * @description Progress, speed, freshness and memory of the process that answers.
         */
        get: operations["status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a row was made with
         * @description Each version in a row's column versions, with its content: the rules, mapping and enrichments as they were.
         */
        get: operations["versions-resolve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/versions/{kind}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions of a rule file, mapping, job, contract or setting */
        get: operations["versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/watermarks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far event time has come, and who holds it
         * @description A job's watermark is the lowest of its active sources', a source's the lowest of its partitions'.
         */
        get: operations["watermarks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AnalysesAnswer: {
            analyses: components["schemas"]["Analysis"][];
        };
        Analysis: {
            /** @description The newest run; absent: there was none */
            last?: components["schemas"]["AnalysisRun"];
            /** @enum {string} */
            name: "rfm" | "cohorts" | "clv" | "attribution" | "baskets";
            running: boolean;
            /** @description Where SQL finds the results of the newest run; the first is what result shows */
            tables: string[];
            text: string;
        };
        AnalysisResult: {
            analysis: string;
            columns: components["schemas"]["ResultColumn"][];
            /** @description Values in the order of the columns. Money is text */
            rows: (unknown[] | null)[];
            /**
             * Format: int64
             * @description The run that the rows are of
             */
            run: number;
            table: string;
            /** @description There are more rows; SQL reads them all */
            truncated: boolean;
        };
        AnalysisRun: {
            /** @description Who asked for it; schedule when nobody did */
            by: string;
            /** @description Totals, and what was left out */
            figures: {
                [key: string]: string;
            };
            /** Format: date-time */
            finished: string;
            /** @description What it was run with */
            parameters: {
                [key: string]: string;
            };
            /** @description Up to where it read the log: the next offset of each partition */
            positions: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Of all its tables
             */
            rows: number;
            /**
             * Format: int64
             * @description From 1
             */
            run: number;
            /** Format: double */
            seconds: number;
            /**
             * Format: date-time
             * @description Time of the newest line of an order that it knows
             */
            until: string;
        };
        Annotation: {
            by: string;
            /** Format: date-time */
            end?: string;
            /** @description An incident of the platform, which cannot be removed */
            fixed: boolean;
            id: string;
            /** @enum {string} */
            kind: "deploy" | "campaign" | "incident" | "note";
            /** @description An address, or a page of the console */
            link?: string;
            /** @description Of an incident */
            severity?: string;
            text: string;
            /** Format: date-time */
            time: string;
        };
        AnnotationNew: {
            /** @description Who says it; absent: api */
            by?: string;
            /** Format: date-time */
            end?: string;
            /** @description deploy, campaign, incident or note */
            kind: string;
            /** @description An address that begins with https:// or http:// */
            link?: string;
            /** @description At most 500 bytes */
            text: string;
            /** Format: date-time */
            time: string;
        };
        AnnotationsAnswer: {
            /** @description By time */
            annotations: components["schemas"]["Annotation"][];
        };
        Audit: {
            /** @description What does not add up */
            findings: string[];
            ok: boolean;
        };
        AuditDetail: {
            /** @example changed */
            action: string;
            /** @description Content after; empty when there is none */
            after: string;
            /** Format: date-time */
            at: string;
            /** @description Content before; empty when there was none */
            before: string;
            /** @description Who; 'file': somebody who edited it on disk */
            by: string;
            /** @description From before to after as a unified diff, at most 64 KiB */
            diff: string;
            id: string;
            /** @example rules */
            kind: string;
            name: string;
            reason?: string;
            /** @description How it came: the request, or the file */
            request?: string;
            version_after?: string;
            version_before?: string;
        };
        AuditEntry: {
            /** @example changed */
            action: string;
            /** Format: date-time */
            at: string;
            /** @description Who; 'file': somebody who edited it on disk */
            by: string;
            id: string;
            /** @example rules */
            kind: string;
            name: string;
            reason?: string;
            /** @description How it came: the request, or the file */
            request?: string;
            version_after?: string;
            version_before?: string;
        };
        AuditFinding: {
            detail: string;
            event_id?: string;
            /**
             * @description missing: a record without its row. doubled: too many rows. foreign: a row without a record. differs: a row says something else than its record. disagree: the ledger counts other than the stores hold
             * @enum {string}
             */
            kind: "missing" | "doubled" | "foreign" | "differs" | "disagree";
            /**
             * Format: date-time
             * @description Of the ledger's row
             */
            minute?: string;
            /** Format: int64 */
            offset?: number;
            /** Format: int32 */
            partition?: number;
            source: string;
            table: string;
        };
        AuditReport: {
            /**
             * Format: int64
             * @description Of these, decisions about quarantined events
             */
            acts: number;
            /** Format: date-time */
            began: string;
            /**
             * Format: int64
             * @description Accepted events whose rows were compared with what their record makes
             */
            compared: number;
            /** @description The first thousand */
            findings: components["schemas"]["AuditFinding"][];
            /**
             * Format: int64
             * @description How many findings there are
             */
            found: number;
            /** Format: date-time */
            from?: string;
            /**
             * Format: int64
             * @description Rows whose records the log has no more: each was checked to be there once
             */
            gone: number;
            /** @description Nothing disagrees */
            ok: boolean;
            /**
             * Format: int64
             * @description Accepted events that other versions of adapter, rules or enrichment made: only the number of their rows was checked
             */
            other_versions: number;
            /**
             * Format: int64
             * @description Records of the log that were read
             */
            records: number;
            /** @description Rows of each table that were compared */
            rows: {
                [key: string]: number;
            };
            /** Format: double */
            seconds: number;
            source?: string;
            /** Format: date-time */
            to?: string;
        };
        AuditRequest: {
            /**
             * Format: date-time
             * @description Records received since then. Absent: all
             */
            from?: string;
            /** @description Only this source */
            source?: string;
            /**
             * Format: date-time
             * @description Records received before then
             */
            to?: string;
        };
        AuditTrailAnswer: {
            /** @description Newest first */
            entries: components["schemas"]["AuditEntry"][];
            /** @description Hand it in as cursor for the next page; null at the end. A page may have fewer entries than asked for and yet a next one */
            next_cursor: string | null;
        };
        AuditsAnswer: {
            /** @description Newest first */
            audits: components["schemas"]["AuditReport"][];
        };
        BackfillRequest: {
            /**
             * Format: date-time
             * @description Read what was received since then. Absent: all that the log has
             */
            since?: string;
        };
        Board: {
            /**
             * @description What its numbers are compared with: the period before, or a year before. One of previous, year, none.
             * @default none
             */
            compare: string;
            /** @description What it is for, in a line. */
            description?: string;
            /** @description Dimensions that a reader may filter by. A chart whose metrics do not have one stays unfiltered, and says so. */
            filters?: string[];
            /** @description Name in addresses: lower-case letters, digits, _ and -, a letter first, at most 64. One of the platform's may be defined anew. */
            id: string;
            /**
             * @description Range of event time that it opens with. It ends now, and begins with a whole minute, hour, day or month. One of 1h, 24h, 7d, 28d, 90d, 12mo, all.
             * @default 28d
             */
            range: string;
            /** @description Rows of charts, from the top. */
            rows: components["schemas"]["BoardRow"][];
            /** @description What stands above it. */
            title: string;
            /**
             * Format: int64
             * @description Version of this format. One of 1.
             */
            version: number;
        };
        BoardChart: {
            /** @description Dimensions that it breaks them down by. */
            by?: string[];
            /** @description Of amounts. Default: that of most order lines. */
            currency?: string;
            /** @description Conditions of its own, beside the reader's. */
            filters?: components["schemas"]["BoardFilter"][];
            /** @description Width of buckets of time. auto: by the range. Default: auto for number, line and area, none for others. One of auto, minute, hour, day, week, month, quarter, year. */
            grain?: string;
            /** @description Name in the dashboard, of the same form as the dashboard's. */
            id: string;
            /** @description How it looks. The guide has a table of kinds with what they ask. One of number, line, area, bar, table, funnel, heatmap, text. */
            kind: string;
            /**
             * Format: int64
             * @description Rows at most, up to 5000; with by and a grain, series at most. Default: 50, of series 8.
             */
            limit?: number;
            /** @description Metrics of the catalogue, or their synonyms. */
            metrics?: string[];
            /** @description Metric or dimension that rows are sorted by, or time; with - before for descending. */
            order?: string;
            /** @description Of text: the note. */
            text?: string;
            /** @description What stands above it. Default: the labels of its metrics. */
            title?: string;
            /**
             * Format: int64
             * @description Columns of the 12 that a row has. Default: an even share.
             */
            width?: number;
        };
        BoardFilter: {
            /** @description Dimension of the chart's metrics. */
            dimension: string;
            /**
             * @description How it is compared. One of is, in, not_in, at_least, at_most, above, below, missing, present, starts_with, contains.
             * @default in
             */
            operator: string;
            /** @description What it is compared with. */
            values?: string[];
        };
        BoardRow: {
            /** @description Charts, from the left. */
            charts: components["schemas"]["BoardChart"][];
            /** @description What stands above the row. */
            title?: string;
        };
        CaughtUp: {
            job: string;
            /**
             * Format: int64
             * @description Records of the log that it has read to catch up
             */
            records: number;
        };
        Change: {
            after: string;
            /** @description Empty when it was missing */
            before: string;
            field: string;
            /** @enum {string} */
            kind: "correction" | "enrichment";
            /** @description Rule or enrichment that did it */
            rule: string;
            /** @description Of the rule set or enrichment */
            version: string;
        };
        ChartResult: {
            /** @description As /api/v1/metrics/query gives it */
            answer?: components["schemas"]["MetricsResult"];
            /** @description Of a number: its course over time, for the small line beside it */
            course?: components["schemas"]["MetricsResult"];
            /** @description There are more series than are shown */
            cut: boolean;
            id: string;
            problem?: components["schemas"]["Problem"];
            /** @description Dimensions of filters that its metrics do not have */
            unfiltered: string[];
        };
        Check: {
            /** @description The kind as OpenLineage calls it */
            assertion: string;
            column?: string;
            description?: string;
            expected: string;
            file: string;
            kind: string;
            /** @description The newest result; absent when it has not run */
            last?: components["schemas"]["CheckResult"];
            /** Format: int64 */
            line: number;
            name: string;
            owner: string;
            /** @example every 10m */
            schedule: string;
            /** @enum {string} */
            severity: "error" | "warn" | "info";
            source?: string;
            /** @description Computed as events come, not from the table */
            streams: boolean;
            table: string;
            /** @description Changes with what the check says */
            version: string;
        };
        CheckAnswer: {
            check: components["schemas"]["Check"];
            /** @description Newest first */
            history: components["schemas"]["CheckResult"][];
        };
        CheckFile: {
            name: string;
            text: string;
        };
        CheckPlace: {
            event_id?: string;
            /** Format: int64 */
            offset: number;
            /**
             * Format: int32
             * @description -1 when the row has no coordinates
             */
            partition: number;
            /** @description Path of the passport in this API */
            passport?: string;
            value?: string;
        };
        CheckResult: {
            actual: string;
            /** @description The number is an estimate within 1 % */
            approximate: boolean;
            assertion: string;
            column?: string;
            /** Format: double */
            duration_ms: number;
            expected: string;
            /**
             * Format: int64
             * @description Of them
             */
            failing: number;
            /** @description Why it could not be run */
            message?: string;
            name: string;
            /**
             * Format: int64
             * @description Of the result among those of all checks; 0 of a dry run
             */
            number: number;
            /**
             * Format: int64
             * @description Late events revise the result of a window
             */
            revision: number;
            /**
             * Format: int64
             * @description That the check was about
             */
            rows: number;
            /** @description Some of the rows that fail */
            samples: components["schemas"]["CheckPlace"][];
            severity: string;
            /**
             * @description unknown: it could not be run
             * @enum {string}
             */
            status: "passed" | "failed" | "unknown";
            success: boolean;
            /** Format: date-time */
            time: string;
            /** @description Of the check */
            version: string;
            /** Format: date-time */
            window_end?: string;
            /** Format: date-time */
            window_start?: string;
        };
        CheckRunAnswer: {
            /**
             * Format: int64
             * @description Of severity error, or that could not be run
             */
            failed: number;
            /** Format: int64 */
            passed: number;
            results: components["schemas"]["CheckResult"][];
            /**
             * Format: int64
             * @description Failed with a lower severity
             */
            warned: number;
        };
        CheckRunRequest: {
            names?: string[] | null;
            /** @description Forget what schema and drift checks have recorded to compare with */
            new_baseline?: boolean;
            owners?: string[] | null;
            tables?: string[] | null;
        };
        CheckTryRequest: {
            files: components["schemas"]["CheckFile"][] | null;
        };
        ChecksAnswer: {
            checks: components["schemas"]["Check"][];
        };
        Column: {
            /** Format: int64 */
            distinct: number;
            /** @description distinct is no estimate; one is within 2 % mostly, and 5 % nearly always */
            exact: boolean;
            /** @description That all texts have: uuid, email, url, date or gtin */
            format?: string;
            /**
             * @description unknown: there was no value
             * @enum {string}
             */
            kind: "unknown" | "text" | "integer" | "decimal" | "money" | "time" | "boolean";
            max: string;
            /** @description Empty: there is none. A text as far as 128 bytes */
            min: string;
            /** Format: int64 */
            missing: number;
            /**
             * @description As rules name it; item.… has a value for each item
             * @example properties.color
             */
            name: string;
            /**
             * Format: double
             * @description Missing ones of all; of a property: of the events that have it
             */
            null_share: number;
            /**
             * Format: int64
             * @description Values of another kind, such as text among numbers
             */
            other: number;
            /** @description Of numbers, amounts and times; of texts: of their length in characters */
            quantiles: components["schemas"]["Quantile"][];
            /** @description The most frequent shapes of texts: A a capital, a a small letter, ä a letter outside ASCII, 9 a digit; {3} three of them */
            shapes: components["schemas"]["Count"][];
            /** @description The most frequent values; none where nearly all are different */
            top: components["schemas"]["Count"][];
            /** Format: int64 */
            values: number;
        };
        Consumer: {
            /** @description Types of events; none: all */
            events: string[];
            /** @description Fields as contracts name them; none: all */
            fields: string[];
            /** @enum {string} */
            kind: "job" | "group" | "sink" | "application";
            /** Format: date-time */
            last_seen: string;
            name: string;
            owner?: string;
            /** @description Of a consumer group of the log */
            topics: string[];
        };
        ConsumerRequest: {
            /** @description Types of events that it reads; none: all */
            events?: string[] | null;
            /** @description Fields that it reads, such as properties.coupon; none: all */
            fields?: string[] | null;
            name: string;
            owner?: string;
        };
        ConsumersAnswer: {
            consumers: components["schemas"]["Consumer"][];
        };
        Contract: {
            /**
             * Format: int64
             * @description Those of them that broke it
             */
            broken: number;
            /** @description It came with the platform */
            built_in: boolean;
            /**
             * Format: int64
             * @description Events that were compared with it, since the start of the process
             */
            checked: number;
            description?: string;
            event: string;
            /** @description Where it is declared */
            file: string;
            owner: string;
            /** @description Fields that are tagged as personal data */
            personal_data: string[];
            /** @description As a JSON Schema of the event in the native format */
            schema: unknown;
            title?: string;
            /** Format: int64 */
            version: number;
        };
        ContractAnswer: {
            /**
             * Format: int64
             * @description Those of them that broke it
             */
            broken: number;
            /** @description It came with the platform */
            built_in: boolean;
            /**
             * Format: int64
             * @description Events that were compared with it, since the start of the process
             */
            checked: number;
            description?: string;
            /** @description How events deviated since the start of the process, the most frequent first */
            deviations: components["schemas"]["Deviation"][];
            event: string;
            fields: components["schemas"]["ContractField"][];
            /** @description Where it is declared */
            file: string;
            owner: string;
            /** @description Fields that are tagged as personal data */
            personal_data: string[];
            /** @description As a JSON Schema of the event in the native format */
            schema: unknown;
            title?: string;
            /** Format: int64 */
            version: number;
        };
        ContractField: {
            description?: string;
            /** @example properties.products[].price */
            path: string;
            /** @description Kind of personal data */
            personal_data?: string;
            required: boolean;
            type?: string;
        };
        ContractsAnswer: {
            contracts: components["schemas"]["Contract"][];
            /**
             * Format: int64
             * @description Events that deviated in ways that were too many to remember
             */
            further_deviations: number;
            /** @description Changes with what the contracts ask for */
            version: string;
        };
        Control: {
            /** @description Who does it. Absent: api */
            by?: string;
            reason?: string;
        };
        Coordinates: {
            /** Format: int64 */
            offset: number;
            /** Format: int32 */
            partition: number;
            topic: string;
        };
        Count: {
            /**
             * Format: int64
             * @description Too high by at most error
             */
            count: number;
            /** Format: int64 */
            error: number;
            /**
             * Format: double
             * @description Of the values
             */
            share: number;
            value: string;
        };
        CountryRow: {
            /** @description ISO 3166-1 alpha-2; empty when not known */
            country: string;
            /** Format: int64 */
            orders: number;
            /** Format: decimal */
            revenue: string;
        };
        DashboardAnswer: {
            definition: components["schemas"]["Board"];
            file?: string;
            /** @enum {string} */
            origin: "platform" | "file" | "saved";
            /** @description Hand it in as if_version of a change */
            version: string;
            /** @description The definition as a file */
            yaml: string;
        };
        DashboardChange: {
            /** @description Who does it; absent: api */
            by?: string;
            /** @description Either this or yaml */
            definition?: components["schemas"]["Board"];
            /** @description Version that it changes; 409 when another one counts by now */
            if_version?: string;
            /** @description Why */
            reason?: string;
            yaml?: string;
        };
        DashboardHead: {
            /** Format: int64 */
            charts: number;
            description?: string;
            id: string;
            /**
             * @description Where it comes from; a saved one counts before a file, a file before the platform's
             * @enum {string}
             */
            origin: "platform" | "file" | "saved";
            title: string;
            /** @description Changes with the definition */
            version: string;
        };
        DashboardQuery: {
            /** @description Only charts of these ids */
            charts?: string[];
            /** @description previous, year or none. Absent: that of the dashboard */
            compare?: string;
            /** @description All of them hold. A chart whose metrics do not have the dimension stays unfiltered */
            filters?: components["schemas"]["BoardFilter"][];
            /**
             * Format: date-time
             * @description In place of range: start in event time, inclusive
             */
            from?: string;
            /** @description 1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard */
            range?: string;
            /**
             * Format: date-time
             * @description End, exclusive
             */
            to?: string;
        };
        DashboardRemoved: {
            /** @description The dashboard of a file or of the platform that counts again */
            restored?: components["schemas"]["DashboardHead"];
        };
        DashboardResult: {
            /** @description The data are history: the range ends at the newest event, not now */
            anchored: boolean;
            /** Format: date-time */
            as_of: string;
            charts: components["schemas"]["ChartResult"][];
            compared_with?: components["schemas"]["MetricRange"];
            /** Format: date-time */
            from: string;
            /** @description Of live views: charts that have no answer yet */
            pending: string[];
            /** @description Offsets that the answers reflect at least, per partition */
            positions: {
                [key: string]: number;
            };
            range?: string;
            /** Format: date-time */
            to: string;
        };
        DashboardTry: {
            /** @description Only charts of these ids */
            charts?: string[];
            /** @description previous, year or none. Absent: that of the dashboard */
            compare?: string;
            /** @description In place of the dashboard of that id: one that is being edited */
            definition?: components["schemas"]["Board"];
            /** @description All of them hold. A chart whose metrics do not have the dimension stays unfiltered */
            filters?: components["schemas"]["BoardFilter"][];
            /**
             * Format: date-time
             * @description In place of range: start in event time, inclusive
             */
            from?: string;
            /** @description 1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard */
            range?: string;
            /**
             * Format: date-time
             * @description End, exclusive
             */
            to?: string;
        };
        DashboardsAnswer: {
            /** @description The platform's first, then by title */
            dashboards: components["schemas"]["DashboardHead"][];
        };
        Decoded: {
            amount: string;
            country?: string;
            currency?: string;
            customer_id?: string;
            event_id: string;
            /** Format: date-time */
            event_time?: string;
            /** @description Its items */
            lines: components["schemas"]["DecodedLine"][];
            order_id?: string;
            /** @description Why it would be quarantined again; none: it would pass */
            problems: components["schemas"]["HeldProblem"][];
            properties?: unknown;
            type?: string;
            /** @description Of adapter, rules and enrichment */
            versions: string;
        };
        DecodedLine: {
            amount: string;
            kind: string;
            product_id?: string;
            product_name?: string;
            /** Format: int64 */
            quantity: number;
            unit_price: string;
        };
        Definition: {
            formula: string;
            label: string;
            /** @description Field of kpis that it defines */
            name: string;
            /** @description A query that lists the rows behind it */
            rows_sql: string;
            /** @description A query that gives the number */
            sql: string;
            /** @description What it means, in a sentence */
            text: string;
            /** @enum {string} */
            unit: "money" | "count" | "ratio";
        };
        DefinitionsAnswer: {
            definitions: components["schemas"]["Definition"][];
        };
        Delivery: {
            /** Format: int64 */
            line: number;
            /** Format: int64 */
            offset: number;
            /** Format: int32 */
            partition: number;
            /** Format: date-time */
            received_at: string;
            source: string;
            stream: string;
        };
        Deviation: {
            /** Format: int64 */
            count: number;
            field: string;
            /**
             * Format: date-time
             * @description Receive time
             */
            first_seen: string;
            /** @description Of the schema, or 'unknown': a field that no contract names, which breaks nothing */
            keyword: string;
            /** Format: date-time */
            last_seen: string;
            message: string;
            /** @description As problems of quarantined events name it */
            rule: string;
            /** @description The first of them */
            samples: components["schemas"]["DeviationSample"][];
        };
        DeviationSample: {
            event_id: string;
            /** @description With positions in lists */
            field: string;
            /** Format: int64 */
            offset: number;
            /** Format: int32 */
            partition: number;
            /** @description As received, cut to 256 bytes */
            value: string;
        };
        Diff: {
            outputs: components["schemas"]["OutputDiff"][];
            /**
             * Format: int64
             * @description Records of the log that were read
             */
            records: number;
        };
        DiffRequest: {
            a: components["schemas"]["JobSource"];
            b: components["schemas"]["JobSource"];
            /**
             * Format: date-time
             * @description Read what was received since then. Absent: all that the log has
             */
            since?: string;
        };
        DryRun: {
            /**
             * Format: int64
             * @description Of those tried, would be quarantined again
             */
            broken: number;
            /** @description Token for the run */
            confirm: string;
            /**
             * Format: int64
             * @description Of those tried, are known otherwise: would be settled, and count nothing
             */
            duplicate: number;
            /** @description When only a sample was tried: about how many of all */
            estimated?: components["schemas"]["HeldEstimation"];
            /**
             * Format: int64
             * @description Of those tried, cannot be: the patch does not fit, or the log no longer has them
             */
            failed: number;
            /** @description The first that cannot be tried */
            failures: components["schemas"]["HeldFailure"][];
            /**
             * Format: int64
             * @description Of those tried, would be accepted
             */
            heal: number;
            kind: string;
            /** @description What the numbers would become, by currency; scaled up when only a sample was tried */
            metrics: components["schemas"]["HeldMetrics"][];
            /** @description Why the run needs the token; absent: it does not */
            must_confirm?: string;
            /** @description Name and version of the patch */
            patch?: string;
            /** @description What the broken ones would break */
            rules: components["schemas"]["HeldBroken"][];
            /** @description Not all were tried, but an even sample: see estimated */
            sampled: boolean;
            samples: components["schemas"]["HeldPreview"][];
            /**
             * Format: int64
             * @description Events that the filter matches
             */
            total: number;
            /**
             * Format: int64
             * @description Of them, those that were tried
             */
            tried: number;
            /**
             * Format: int64
             * @description Of those tried, the patch leaves as they are
             */
            unchanged: number;
        };
        DryRunRequest: {
            filter: components["schemas"]["HeldFilter"];
            /**
             * @description Absent: redrive
             * @enum {string}
             */
            kind?: "redrive" | "waive" | "reopen" | "purge" | "bury";
            /** @description Redrive: the patch, as an object, or as the text of a patch file. Absent: as received */
            patch?: unknown;
            /**
             * Format: int64
             * @description Events to show before and after. Absent: 10
             */
            samples?: number;
        };
        ErrorDetail: {
            /** @description Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
            location?: string;
            /** @description Error message text */
            message?: string;
            /** @description The value at the given location */
            value?: unknown;
        };
        EscalationMessage: {
            /** Format: date-time */
            at: string;
            /** Format: int64 */
            attempts: number;
            id: string;
            incident: string;
            /** @enum {string} */
            kind: "open" | "update" | "acknowledge" | "close" | "test" | "report";
            last_error: string;
            /**
             * Format: date-time
             * @description Not before
             */
            next: string;
            /** @enum {string} */
            state: "waiting" | "given_up";
            target: string;
            title: string;
        };
        EscalationRetried: {
            /**
             * Format: int64
             * @description That are tried again
             */
            messages: number;
        };
        EscalationRetryInputBody: {
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            /** @description Why */
            reason?: string;
        };
        EscalationTarget: {
            /**
             * Format: int64
             * @description Messages since the process started
             */
            delivered: number;
            /**
             * Format: int64
             * @description Attempts
             */
            failed: number;
            /** Format: int64 */
            given_up: number;
            name: string;
        };
        EscalationTestInputBody: {
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            target: string;
        };
        EscalationsAnswer: {
            /** @description Those that are not closed first, the newest first */
            incidents: components["schemas"]["Incident"][];
            /** @description Messages that wait, or were given up; the oldest first */
            outbox: components["schemas"]["EscalationMessage"][];
            targets: components["schemas"]["EscalationTarget"][];
        };
        EventRow: {
            /** Format: decimal */
            amount: string | null;
            corrected: boolean;
            country: string;
            currency: string;
            customer_id: string;
            event_id: string;
            /** Format: date-time */
            event_time: string | null;
            late: boolean;
            /** Format: int64 */
            line: number;
            /** Format: int64 */
            offset: number;
            order_id: string;
            /** Format: int32 */
            partition: number;
            /** Format: date-time */
            received_at: string;
            source: string;
            stream: string;
            type: string;
            /** @enum {string} */
            verdict: "accepted" | "quarantined";
        };
        EventsAnswer: {
            events: components["schemas"]["EventRow"][];
            /** @description Hand it in as cursor for the next page; null at the end */
            next_cursor: string | null;
        };
        ExplainAnswer: {
            as_of: components["schemas"]["ExplainAsOf"];
            column: string;
            /** @description Whether the rows come to the cell */
            equals: boolean;
            /** @description Of a job's cell only */
            job?: components["schemas"]["ExplainJob"];
            /** @description For the next rows; null at the end */
            next_cursor: string | null;
            /** @description The aggregates that the cell is made of */
            parts: components["schemas"]["ExplainPart"][];
            /** @description The statement that lists the rows */
            query: string;
            /** @description Why they do not; empty when they do */
            reason: string;
            /**
             * Format: int64
             * @description Rows behind the cell, of which some are listed
             */
            row_count: number;
            rows: components["schemas"]["ExplainRow"][];
            /** @description What the rows come to: computed from the listing; of a job's cell, by running the job again over the events */
            total: unknown;
            /** @description SQL type, such as DECIMAL(38,6) */
            type: string;
            /** @description The cell, as of the positions */
            value: unknown;
            /** @description What made the events behind the cell, the most frequent first */
            versions: components["schemas"]["ExplainVersion"][];
        };
        ExplainAsOf: {
            /** @description Offset of the next event, per partition */
            positions: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Number of the next result of jobs
             */
            results: number;
        };
        ExplainContribution: {
            counts: boolean;
            /** @description Null where it does not count; of a job's cell always */
            value: unknown;
        };
        ExplainJob: {
            name: string;
            /** @description How the cell was published, newest first: late and recovered events change it */
            revisions: components["schemas"]["ExplainRevision"][];
            row: {
                [key: string]: unknown;
            };
            table: string;
            /** Format: int64 */
            version: number;
            /**
             * Format: date-time
             * @description Event time that the job has reached; null when not known
             */
            watermark: string | null;
        };
        ExplainOrigin: {
            /** @description Empty for a row that is not one of an event */
            event_id: string;
            /** @description Columns of the row; of a job's table those of its key */
            fields: {
                [key: string]: unknown;
            };
            /**
             * Format: int32
             * @description Number of the item in its event, from 1; 0 when it is not one of an item
             */
            line_no: number;
            /**
             * Format: int64
             * @description -1 for a row of a job's table
             */
            offset: number;
            /** Format: int32 */
            partition: number;
            table: string;
        };
        ExplainPart: {
            /** @example sum(amount) */
            expression: string;
            /**
             * Format: int64
             * @description Rows that count in it
             */
            row_count: number;
            value: unknown;
        };
        ExplainRequest: {
            /** @description Column of the cell. With a query not needed when the result has one */
            column?: string;
            /** @description next_cursor of the answer before, for the next rows. All pages are as of the same positions */
            cursor?: string;
            /**
             * @description In place of a query: name of a job
             * @example kpis
             */
            job?: string;
            /** @description With a job: the columns of the table's key and their values */
            key?: {
                [key: string]: unknown;
            };
            /**
             * Format: int64
             * @description Rows to list; 100
             */
            limit?: number;
            /**
             * @description A SELECT
             * @example SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country
             */
            query?: string;
            /** @description With a query: values of other columns of the cell's row, as /api/v1/sql gives them. Not needed when the result has one row */
            row?: {
                [key: string]: unknown;
            };
            /** @description Table of the job, when it has several; it is enough without the job */
            table?: string;
        };
        ExplainRevision: {
            phase: string;
            retracted: boolean;
            /** Format: int64 */
            revision: number;
            /** Format: int64 */
            revision_no: number;
            value: unknown;
        };
        ExplainRow: {
            /** @description What it brings to each part, in their order */
            contributions: components["schemas"]["ExplainContribution"][];
            /**
             * Format: int64
             * @description Origins beyond the first 1,000
             */
            more_origins: number;
            /** @description The stored rows that it was made of: one, or those that were joined or grouped */
            origins: components["schemas"]["ExplainOrigin"][];
        };
        ExplainVersion: {
            /** Format: int64 */
            events: number;
            /**
             * Format: int64
             * @description Of them, those that came behind the watermark
             */
            late: number;
            /** @description Adapter, rules and enrichment, as name@version */
            versions: string;
        };
        FileAnswer: {
            /**
             * Format: int64
             * @description Records durable in the log
             */
            accepted_by_log: number;
            /** @description What was wrong, the first 100 */
            errors: components["schemas"]["LineError"][];
            /**
             * Format: int64
             * @description Lines of the file, the header included
             */
            lines: number;
            /**
             * Format: int64
             * @description Records refused, counted in the ledger
             */
            rejected: number;
            /**
             * Format: int64
             * @description Of these and of the rejected, how many an earlier, interrupted upload had put there
             */
            resumed?: number;
            /** @description Name under which rows know the file */
            stream: string;
        };
        HealthAnswer: {
            /** @description Who gave it the state, or 'automatic' */
            by: string;
            /** @description That most errors have; empty: there are none */
            category: string;
            /**
             * Format: int64
             * @description Of the categories that count
             */
            errors: number;
            /**
             * Format: int64
             * @description The newest events, of which errors counts those with errors; since the state began or the process started
             */
            events: number;
            /**
             * Format: date-time
             * @description Since when events are kept out that have not been redriven
             */
            held_since?: string;
            /** @description The newest first */
            history: components["schemas"]["HealthTransition"][];
            /** @description What an operator said, and holds until it is released; absent: the state changes by itself */
            override?: components["schemas"]["HealthOverride"];
            /** @description The log has not been told of the state yet; it is tried again */
            pending?: boolean;
            policy: components["schemas"]["HealthPolicy"];
            /** @description Why it has this state */
            reason: string;
            /** @description Run that redrives what was kept out */
            redrive_run?: string;
            /** Format: date-time */
            since: string;
            source: string;
            /**
             * @description suspended: its events are logged and quarantined by the rule source.suspended; probing: some of them go through, to see
             * @enum {string}
             */
            state: "active" | "throttled" | "suspended" | "probing";
        };
        HealthOverride: {
            /** Format: date-time */
            at: string;
            by: string;
            reason: string;
            state: string;
        };
        HealthPolicy: {
            /** @description That count; none: all */
            categories: string[];
            /**
             * Format: int64
             * @description Until the next probe
             */
            cool_down_ms: number;
            /**
             * Format: int64
             * @description While it is throttled
             */
            events_per_second: number;
            /** Format: int64 */
            probe_events: number;
            /** Format: int64 */
            probe_sample: number;
            /** Format: double */
            recover_share: number;
            /**
             * Format: double
             * @description 0: it is not suspended by itself
             */
            suspend_share: number;
            /**
             * Format: double
             * @description 0: it is not throttled by itself
             */
            throttle_share: number;
            /**
             * Format: int64
             * @description Events over which errors are counted
             */
            window: number;
        };
        HealthRequest: {
            /**
             * @description suspend and activate hold until they are taken back; resume makes it active, probe lets some events through to see, release leaves it as it is: from there on the state changes by itself again
             * @enum {string}
             */
            action: "suspend" | "activate" | "resume" | "probe" | "release";
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            /** @description Why */
            reason: string;
        };
        HealthRow: {
            /** @description Who gave it the state, or 'automatic' */
            by: string;
            /** @description That most errors have; empty: there are none */
            category: string;
            /**
             * Format: int64
             * @description Of the categories that count
             */
            errors: number;
            /**
             * Format: int64
             * @description The newest events, of which errors counts those with errors; since the state began or the process started
             */
            events: number;
            /**
             * Format: date-time
             * @description Since when events are kept out that have not been redriven
             */
            held_since?: string;
            /** @description What an operator said, and holds until it is released; absent: the state changes by itself */
            override?: components["schemas"]["HealthOverride"];
            /** @description The log has not been told of the state yet; it is tried again */
            pending?: boolean;
            /** @description Why it has this state */
            reason: string;
            /** @description Run that redrives what was kept out */
            redrive_run?: string;
            /** Format: date-time */
            since: string;
            /**
             * @description suspended: its events are logged and quarantined by the rule source.suspended; probing: some of them go through, to see
             * @enum {string}
             */
            state: "active" | "throttled" | "suspended" | "probing";
        };
        HealthTransition: {
            /** Format: date-time */
            at: string;
            by: string;
            from: string;
            reason: string;
            to: string;
        };
        HeldBroken: {
            /** Format: int64 */
            count: number;
            field?: string;
            /** @description Of the first */
            message?: string;
            rule: string;
        };
        HeldBucket: {
            /** Format: int64 */
            count: number;
            /** Format: int64 */
            open: number;
            /** Format: date-time */
            start: string;
        };
        HeldChange: {
            /** Format: date-time */
            at: string;
            /** Format: int64 */
            attempt?: number;
            by?: string;
            event_id?: string;
            field?: string;
            message?: string;
            /** Format: int64 */
            offset?: number;
            /** @description recovered, duplicate, requarantined, waived, reopened, dead, purged or void */
            outcome?: string;
            /**
             * Format: int32
             * @description Coordinates of the act in the log
             */
            partition?: number;
            patch?: string;
            /** @description Of a failed attempt; absent of old ones where all of them are large */
            payload?: string;
            reason?: string;
            /** @description That it broke then */
            rule?: string;
            run?: string;
            /** @description quarantined, redrive, waive, reopen, purge, bury or triage */
            what: string;
        };
        HeldColumn: {
            name: string;
            value: string;
        };
        HeldDetail: {
            amount: string;
            /**
             * Format: int64
             * @description Times that it was redriven in vain
             */
            attempts: number;
            /** @description Who settled it */
            by?: string;
            category: string;
            /** @description Of a payload that is a line of fields */
            columns: components["schemas"]["HeldColumn"][];
            customer_id?: string;
            /** @description What the present adapter, rules and enrichment make of it. Absent when the log no longer has it */
            decoded?: components["schemas"]["Decoded"];
            event_id: string;
            /** Format: date-time */
            event_time?: string;
            field?: string;
            /** @description Id of its group */
            group: string;
            /** @description Oldest first */
            history: components["schemas"]["HeldChange"][];
            /** Format: int64 */
            line: number;
            message: string;
            /** Format: int64 */
            offset: number;
            order_id?: string;
            /** Format: int32 */
            partition: number;
            /** @description As received; bytes that are not UTF-8 are written \xNN */
            payload: string;
            /** @description What the door knew about it. Absent when the log no longer has it */
            raw?: components["schemas"]["HeldEnvelope"];
            /** Format: date-time */
            received_at: string;
            /** @description The first that it broke */
            rule: string;
            /** Format: date-time */
            settled_at?: string;
            /**
             * Format: int64
             * @description Open events of its group
             */
            siblings: number;
            source: string;
            /** @enum {string} */
            state: "open" | "recovered" | "waived" | "dead" | "purged";
            stream: string;
            /** @description Its own, else that of its group */
            triage: components["schemas"]["Triage"];
            type?: string;
            /** @description Of that field, as received */
            value?: string;
        };
        HeldEnvelope: {
            adapter: string;
            /** Format: int64 */
            bytes: number;
            envelope?: string;
            /** @description Route key */
            key: string;
            /**
             * Format: int32
             * @description Number among equal lines of its file
             */
            occurrence?: number;
        };
        HeldEstimation: {
            /** Format: int64 */
            broken: number;
            /** Format: int64 */
            duplicate: number;
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            heal: number;
        };
        HeldFailure: {
            /** @description partition:offset */
            item: string;
            reason: string;
        };
        HeldFilter: {
            /** @description Categories of problems */
            categories?: string[] | null;
            /** @description Fields that the first problem is about */
            fields?: string[] | null;
            /**
             * Format: date-time
             * @description Start in event time, inclusive; events without one are placed by their receive time
             */
            from?: string;
            /** @description Id of a group */
            group?: string;
            /** @description These only: partition:offset */
            items?: string[] | null;
            /** @description Rules that they broke first */
            rules?: string[] | null;
            /** @description Names of sources */
            sources?: string[] | null;
            /** @description What became of them. Absent: those that an act may still change */
            states?: ("open" | "recovered" | "waived" | "dead" | "purged")[] | null;
            /** @description Files or doors */
            streams?: string[] | null;
            /** @description Text that occurs in payload, message or order id, in any case */
            text?: string;
            /**
             * Format: date-time
             * @description End, exclusive
             */
            to?: string;
            /** @description Values of that field, as received */
            values?: string[] | null;
        };
        HeldGroup: {
            /** @description Of all of them, as far as it could be read */
            amount: string;
            /**
             * Format: date-time
             * @description Start of the bucket of time, when groups are by time as well
             */
            bucket?: string;
            category: string;
            /** Format: int64 */
            count: number;
            /**
             * Format: int64
             * @description Of them, those that were given up
             */
            dead: number;
            field: string;
            /**
             * Format: date-time
             * @description Receive time
             */
            first_seen: string;
            /** @description Its address: it stays the same */
            id: string;
            /** Format: date-time */
            last_seen: string;
            /**
             * Format: int64
             * @description Of them, those that wait
             */
            open: number;
            rule: string;
            /** @description The first of them; the payloads of large ones are cut off */
            samples: components["schemas"]["HeldItem"][];
            source: string;
            triage: components["schemas"]["Triage"];
        };
        HeldGroupDetail: {
            /** @description Of all of them, as far as it could be read */
            amount: string;
            /**
             * Format: date-time
             * @description Start of the bucket of time, when groups are by time as well
             */
            bucket?: string;
            category: string;
            /** Format: int64 */
            count: number;
            /**
             * Format: int64
             * @description Of them, those that were given up
             */
            dead: number;
            field: string;
            /**
             * Format: date-time
             * @description Receive time
             */
            first_seen: string;
            /** @description Of its triage, oldest first */
            history: components["schemas"]["Note"][];
            /** @description Its address: it stays the same */
            id: string;
            /** Format: date-time */
            last_seen: string;
            /**
             * Format: int64
             * @description Of them, those that wait
             */
            open: number;
            rule: string;
            /** @description The first of them; the payloads of large ones are cut off */
            samples: components["schemas"]["HeldItem"][];
            source: string;
            /** @description The files and doors that most of them came by */
            streams: components["schemas"]["HeldValue"][];
            /** @description By hour for the newest 200 hours in which it has events */
            timeline: components["schemas"]["HeldBucket"][];
            triage: components["schemas"]["Triage"];
            /** @description The most frequent values of its field */
            values: components["schemas"]["HeldValue"][];
        };
        HeldGroups: {
            amount: string;
            groups: components["schemas"]["HeldGroup"][];
            /** @description There are more groups than are shown; narrow the filter down */
            more: boolean;
            /** Format: int64 */
            open: number;
            /**
             * Format: int64
             * @description Events that the filter matches
             */
            total: number;
        };
        HeldImport: {
            /**
             * Format: int64
             * @description Rows whose payload differs from what was exported
             */
            changed: number;
            /** @description Token that the import of the same file needs */
            confirm?: string;
            /** @description What redriving the changed ones would do */
            dry_run?: components["schemas"]["DryRun"];
            /** @description Why, for the first of them */
            errors: components["schemas"]["ImportError"][];
            /**
             * Format: int64
             * @description Of the file, without its header
             */
            rows: number;
            /** @description The run that redrives the changed ones. Absent for a dry run, and when nothing has changed */
            run?: components["schemas"]["HeldRun"];
            /**
             * Format: int64
             * @description Rows that are left alone
             */
            unchanged: number;
            /**
             * Format: int64
             * @description Rows that cannot be taken; they are left alone
             */
            wrong: number;
        };
        HeldItem: {
            amount: string;
            /**
             * Format: int64
             * @description Times that it was redriven in vain
             */
            attempts: number;
            /** @description Who settled it */
            by?: string;
            category: string;
            customer_id?: string;
            event_id: string;
            /** Format: date-time */
            event_time?: string;
            field?: string;
            /** @description Id of its group */
            group: string;
            /** Format: int64 */
            line: number;
            message: string;
            /** Format: int64 */
            offset: number;
            order_id?: string;
            /** Format: int32 */
            partition: number;
            /** @description As received; bytes that are not UTF-8 are written \xNN */
            payload: string;
            /** Format: date-time */
            received_at: string;
            /** @description The first that it broke */
            rule: string;
            /** Format: date-time */
            settled_at?: string;
            source: string;
            /** @enum {string} */
            state: "open" | "recovered" | "waived" | "dead" | "purged";
            stream: string;
            type?: string;
            /** @description Of that field, as received */
            value?: string;
        };
        HeldMetrics: {
            after: components["schemas"]["HeldNumber"];
            before: components["schemas"]["HeldNumber"];
            currency: string;
        };
        HeldNumber: {
            /** Format: int64 */
            orders: number;
            revenue: string;
            /** Format: int64 */
            units: number;
        };
        HeldPage: {
            /** @description In the order of their coordinates; fewer than asked for where their payloads are large (quarantine.batch_bytes) */
            items: components["schemas"]["HeldItem"][];
            /** @description Of the next page */
            next_cursor?: string;
            /**
             * Format: int64
             * @description That the filter matches
             */
            total: number;
        };
        HeldPreview: {
            after?: components["schemas"]["HeldVersion"];
            before: components["schemas"]["HeldVersion"];
            /** @description partition:offset */
            item: string;
            /** @enum {string} */
            outcome: "heals" | "duplicate" | "broken" | "failed";
            /** @description Why it cannot be tried */
            reason?: string;
        };
        HeldProblem: {
            category: string;
            field?: string;
            message: string;
            rule: string;
            value?: string;
        };
        HeldProgress: {
            /**
             * Format: int64
             * @description Waived, reopened, purged or buried
             */
            applied: number;
            /**
             * Format: int64
             * @description Events that are done with, whatever came of it
             */
            done: number;
            /**
             * Format: int64
             * @description Settled: the same event was received otherwise
             */
            duplicate: number;
            /**
             * Format: int64
             * @description Settled by something else before their turn
             */
            elsewhere: number;
            /**
             * Format: int64
             * @description Could not be tried
             */
            failed: number;
            /** Format: int64 */
            left: number;
            /**
             * Format: int64
             * @description Accepted
             */
            recovered: number;
            /**
             * Format: int64
             * @description Broken again
             */
            requarantined: number;
            /**
             * Format: int64
             * @description Events that the filter matched when the run was made
             */
            total: number;
            /**
             * Format: int64
             * @description Settled by something else before the act came
             */
            void: number;
        };
        HeldRun: {
            /** @description The platform began it by itself */
            automatic?: boolean;
            /** @description What the events that were quarantined again have broken, the most frequent first */
            broken: components["schemas"]["HeldBroken"][];
            by: string;
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            ended?: string;
            /** @description Why it does not get on at the moment; it is tried again */
            error?: string;
            /** @description The first events that could not be tried */
            failures: components["schemas"]["HeldFailure"][];
            filter: components["schemas"]["HeldFilter"];
            history: components["schemas"]["HeldRunChange"][];
            id: string;
            /** @description It redrives what was edited in an imported file */
            import?: boolean;
            /** @enum {string} */
            kind: "redrive" | "waive" | "reopen" | "purge" | "bury";
            /** @description Name and version of the patch; empty: as received */
            patch?: string;
            /** @description The patch */
            patch_text?: string;
            progress: components["schemas"]["HeldProgress"];
            /**
             * Format: int64
             * @description Most events per second; 0: no limit
             */
            rate: number;
            reason?: string;
            /** Format: date-time */
            started?: string;
            /** @enum {string} */
            state: "queued" | "running" | "paused" | "done" | "cancelled";
        };
        HeldRunChange: {
            /** Format: date-time */
            at: string;
            by?: string;
            reason?: string;
            state: string;
        };
        HeldValue: {
            /** Format: int64 */
            count: number;
            value: string;
        };
        HeldVersion: {
            columns: components["schemas"]["HeldColumn"][];
            decoded?: components["schemas"]["Decoded"];
            payload: string;
        };
        ImpactAnswer: {
            column: string;
            /** @description What a change would touch, nearest first */
            things: components["schemas"]["ImpactThing"][];
        };
        ImpactThing: {
            /** @description Of it; none: which rows it has */
            columns: string[];
            /** @description Some value of it is made of the column; otherwise the column decides about it */
            direct: boolean;
            /** Format: int64 */
            distance: number;
            file?: string;
            /** @description By what the change comes to it */
            how: string[];
            id: string;
            kind: string;
            name: string;
        };
        ImportError: {
            /**
             * Format: int64
             * @description In the file, from 1
             */
            line: number;
            reason: string;
        };
        Incident: {
            /** Format: date-time */
            closed: string | null;
            /** @description False while it waits for the end of the rule's cool-down */
            firing: boolean;
            /** @description The newest last */
            history: components["schemas"]["IncidentEvent"][];
            id: string;
            /** @description What of the rule it is about */
            key: string;
            /** @description Page of the console */
            link: string;
            /** Format: date-time */
            muted_until: string | null;
            /** Format: date-time */
            opened: string;
            /** @description What targets call it, such as the key of an issue */
            refs: {
                [key: string]: string;
            };
            rule: string;
            /** @enum {string} */
            severity: "info" | "warning" | "error" | "critical";
            /** @enum {string} */
            state: "open" | "acknowledged" | "closed";
            targets: string[];
            text: string;
            title: string;
        };
        IncidentEvent: {
            /** Format: date-time */
            at: string;
            by?: string;
            reason?: string;
            what: string;
        };
        IncidentInputBody: {
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            /** @description Why */
            reason?: string;
        };
        Job: {
            description: string;
            /**
             * Format: int64
             * @description Entries of its state
             */
            entries: number;
            /** @description Why it was stopped */
            failure?: components["schemas"]["JobFailure"];
            /** @description Source whose watermark holds it */
            holder?: string;
            /**
             * Format: int64
             * @description Values too late for one of its operators, since the start of the process
             */
            late: number;
            /**
             * Format: int64
             * @description Memory of its state
             */
            memory_bytes: number;
            name: string;
            /** @description Where its results go */
            out: components["schemas"]["JobOutput"][];
            /**
             * Format: int64
             * @description Results that it published, since the start of the process
             */
            outputs: number;
            /** @enum {string} */
            state: "running" | "failed";
            /**
             * Format: int64
             * @description Values that it read, since the start of the process
             */
            values: number;
            /** Format: int64 */
            version: number;
            /**
             * Format: date-time
             * @description Event time that it has reached
             */
            watermark?: string;
        };
        JobFailure: {
            /** @description Partition or shard in which it failed */
            place: string;
            reason: string;
        };
        JobFile: {
            file: string;
            /** @description Name of the job that runs */
            job?: string;
            /** @description What is wrong with the file as it is now, with line and column. The job goes on as the file was before. */
            problem?: string;
        };
        JobOutput: {
            /** @description Of a topic: schema of its rows where pass.jobs.topic_format is avro */
            avro_schema?: string;
            columns: components["schemas"]["SchemaColumn"][];
            description: string;
            /** @description Columns that say which result a row is: a later row replaces an earlier one */
            key: string[];
            /** @enum {string} */
            kind: "table" | "topic" | "feed";
            name: string;
        };
        JobSource: {
            /** @description Text of a job file, instead */
            definition?: string;
            /** @description Name of that file, for messages */
            file?: string;
            /** @description Name of a job that runs here */
            job?: string;
        };
        JobWatermark: {
            /** @description Source that holds it */
            holder?: string;
            job: string;
            /** Format: date-time */
            watermark?: string;
        };
        JobsAnswer: {
            /** @description Files that declare jobs */
            files: components["schemas"]["JobFile"][];
            jobs: components["schemas"]["Job"][];
        };
        KPIs: {
            /** Format: decimal */
            average_order_value: string;
            /**
             * Format: double
             * @description From 0 to 1
             */
            cancellation_rate: number;
            /** Format: int64 */
            customers: number;
            /** Format: int64 */
            orders: number;
            /** Format: decimal */
            revenue: string;
            /** Format: int64 */
            units: number;
        };
        LakeActRequest: {
            /**
             * @description flush: write what waits. compact: write small files again as large ones. expire: forget replaced snapshots, and remove files that nobody needs. tier: let go of old rows in the analytics store that the lake has
             * @enum {string}
             */
            action: "flush" | "compact" | "expire" | "tier";
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            reason?: string;
            /** @description Only this table, of compact and expire */
            table?: string;
        };
        LakeAnswer: {
            /**
             * Format: date-time
             * @description Events and items that happened before then are read from the lake. Absent: none
             */
            below?: string;
            /** @description Why the last round in the background failed; it is tried again */
            failed?: string;
            /**
             * Format: date-time
             * @description When rows were written to it last, since the start of the process
             */
            flushed?: string;
            /**
             * Format: date-time
             * @description When the next round in the background is due, unless lake.flush_rows wait before
             */
            next?: string;
            policy: components["schemas"]["LakePolicy"];
            tables: components["schemas"]["LakeTable"][];
            /** @description The steps of a round, in their order */
            work: components["schemas"]["LakeWork"][];
            /**
             * Format: int64
             * @description Rows written since the start of the process
             */
            written: number;
        };
        LakeColumn: {
            comment?: string;
            /** Format: int64 */
            id?: number;
            name: string;
            type: string;
        };
        LakeColumnChange: {
            add?: components["schemas"]["LakeColumn"];
            drop?: string;
            rename?: string;
            /** @description The new name */
            to?: string;
            /** @description The wider type */
            type?: string;
            widen?: string;
        };
        LakeDone: {
            /**
             * Format: int64
             * @description Files that took their place
             */
            added?: number;
            /**
             * Format: int64
             * @description Of the files removed
             */
            bytes?: number;
            /**
             * Format: int64
             * @description Events that were erased
             */
            events?: number;
            /**
             * Format: int64
             * @description Files that others took the place of, or that were cleaned up
             */
            removed?: number;
            /**
             * Format: int64
             * @description Rows that were written, or erased
             */
            rows?: number;
            /**
             * Format: int64
             * @description Snapshots that expired
             */
            snapshots?: number;
        };
        LakeErasure: {
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            /**
             * @description What names the person
             * @enum {string}
             */
            column: "customer_id" | "anonymous_id";
            reason: string;
            value: string;
        };
        LakeEvolution: {
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            columns?: components["schemas"]["LakeColumnChange"][] | null;
            reason?: string;
            /** @description Branches and tags to make, move or remove */
            refs?: components["schemas"]["LakeRefChange"][] | null;
        };
        LakeFile: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: int64
             * @description Files of positions of rows that are deleted from it
             */
            deletes?: number;
            /** @description Another engine deleted rows from it in a form that this platform does not read: it refuses the table until that engine has written the file again */
            foreign?: boolean;
            /**
             * Format: date-time
             * @description Start of its partition
             */
            from?: string;
            path: string;
            /** Format: int64 */
            rows: number;
        };
        LakePolicy: {
            /** Format: int64 */
            file_bytes: number;
            /** Format: int64 */
            flush_rows: number;
            /** Format: double */
            flush_seconds: number;
            /**
             * Format: int64
             * @description 0: all rows stay in the analytics store
             */
            hot_days: number;
            /** @description By table; 0: for ever */
            keep_days: {
                [key: string]: number;
            };
            /** Format: double */
            orphan_seconds: number;
            /** Format: double */
            snapshot_seconds: number;
        };
        LakeQuery: {
            /**
             * Format: date-time
             * @description As of a time. Without any of these: as the lake is
             */
            at?: string;
            /** @example SELECT sum(amount) FROM order_lines */
            query: string;
            /** @description Branch or tag; tables without it are not there */
            ref?: string;
            /** @description Of one of the tables; the others are as they were at its time */
            snapshot?: string;
        };
        LakeRef: {
            branch: boolean;
            name: string;
            snapshot: string;
        };
        LakeRefChange: {
            /** @description A branch, which other engines write to; else a tag */
            branch?: boolean;
            name: string;
            remove?: boolean;
            /** @description Absent: the newest */
            snapshot?: string;
        };
        LakeRows: {
            columns: components["schemas"]["ResultColumn"][];
            rows: (unknown[] | null)[];
            /** @description A limit cut them off */
            truncated: boolean;
        };
        LakeSnapshot: {
            /** Format: date-time */
            at: string;
            id: string;
            offsets: {
                [key: string]: number;
            };
            operation: string;
            parent?: string;
            summary: {
                [key: string]: string;
            };
        };
        LakeTable: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: date-time
             * @description When the newest snapshot was made
             */
            changed?: string;
            comment?: string;
            /** Format: int64 */
            files: number;
            /**
             * Format: int64
             * @description Snapshots that are kept
             */
            kept: number;
            /** @description File that other engines open */
            metadata: string;
            name: string;
            /** @description Of the log, per partition: the rows of all before it are in */
            offsets: {
                [key: string]: number;
            };
            /** @example month(event_time) */
            partition?: string;
            /**
             * Format: int64
             * @description Results of jobs before this number are in
             */
            results?: number;
            /** Format: int64 */
            rows: number;
            /** @description Absent: nothing was written yet */
            snapshot?: string;
        };
        LakeTableAnswer: {
            /** Format: int64 */
            bytes: number;
            /**
             * Format: date-time
             * @description When the newest snapshot was made
             */
            changed?: string;
            columns: components["schemas"]["LakeColumn"][];
            comment?: string;
            file_list: components["schemas"]["LakeFile"][];
            /** Format: int64 */
            files: number;
            /**
             * Format: int64
             * @description Snapshots that are kept
             */
            kept: number;
            /** @description File that other engines open */
            metadata: string;
            name: string;
            /** @description Of the log, per partition: the rows of all before it are in */
            offsets: {
                [key: string]: number;
            };
            /** @example month(event_time) */
            partition?: string;
            /** @description Branches and tags */
            refs: components["schemas"]["LakeRef"][];
            /**
             * Format: int64
             * @description Results of jobs before this number are in
             */
            results?: number;
            /** Format: int64 */
            rows: number;
            /** @description Absent: nothing was written yet */
            snapshot?: string;
            /** @description The oldest first */
            snapshots: components["schemas"]["LakeSnapshot"][];
        };
        LakeTiers: {
            /**
             * Format: date-time
             * @description Events of before are read from the lake. Absent: none
             */
            below?: string;
            /**
             * Format: int64
             * @description Events that are read from the lake
             */
            cold: number;
            /**
             * Format: date-time
             * @description Partitions that end before are let go of. Absent: they are kept for ever
             */
            expires?: string;
            /**
             * Format: date-time
             * @description When the first of them happened. Absent: there is none
             */
            first?: string;
            /**
             * Format: int64
             * @description Events in the analytics store
             */
            hot: number;
            /** Format: date-time */
            newest?: string;
            /**
             * Format: date-time
             * @description Events of before are read from the lake once the next round has ended
             */
            next?: string;
            /**
             * Format: date-time
             * @description Start of the oldest partition of the lake
             */
            oldest?: string;
            /**
             * Format: int64
             * @description Records of the log that the lake lacks yet
             */
            waiting: number;
        };
        LakeWork: {
            /**
             * Format: date-time
             * @description When it ended last. Absent: it did not run yet
             */
            at?: string;
            /**
             * Format: int64
             * @description Of these files
             */
            bytes?: number;
            /** @description Why it failed last; it is tried again in the next round */
            failed?: string;
            /**
             * Format: int64
             * @description Files that were written again or removed, since the start of the process
             */
            files?: number;
            /**
             * Format: int64
             * @description Rows that were written or let go of, since the start of the process
             */
            rows?: number;
            /**
             * Format: int64
             * @description Snapshots that expired, since the start of the process
             */
            snapshots?: number;
            /**
             * @description flush: write what waits. expire_rows: let go of partitions that are too old. compact: write small files again as large ones. tier: let go of old rows in the analytics store. clean_up: forget replaced snapshots, and remove files that nobody needs
             * @enum {string}
             */
            step: "flush" | "expire_rows" | "compact" | "tier" | "clean_up";
            /**
             * Format: int64
             * @description How long it took then
             */
            took_ms: number;
            /**
             * Format: int64
             * @description How long it took in all, since the start of the process
             */
            total_ms: number;
        };
        Ledger: {
            /**
             * Format: int64
             * @description Events in the tables
             */
            accepted: number;
            /** @description Whether received = accepted + duplicate + quarantined + rejected */
            balanced: boolean;
            /**
             * Format: int64
             * @description Accepted events of which a rule changed a field
             */
            corrected: number;
            /**
             * Format: int64
             * @description Quarantined events that were given up: dead letters, and purged
             */
            dead: number;
            /**
             * Format: int64
             * @description Deliveries of an event received before
             */
            duplicate: number;
            /**
             * Format: int64
             * @description Accepted events behind their source's watermark
             */
            late: number;
            /**
             * Format: int64
             * @description Quarantined events that wait for a decision: quarantined less recovered, waived and dead
             */
            open: number;
            /**
             * Format: int64
             * @description Events that broke a rule
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Events that the log took
             */
            received: number;
            /**
             * Format: int64
             * @description Quarantined events that were accepted when they were sent again, or received otherwise
             */
            recovered: number;
            /**
             * Format: int64
             * @description Records refused for a counted reason
             */
            rejected: number;
            /**
             * Format: int64
             * @description Quarantined events that were left out for a good reason
             */
            waived: number;
        };
        LedgerAnswer: {
            /** @description Null unless check=true */
            audit: components["schemas"]["Audit"] | null;
            rows: components["schemas"]["LedgerRow"][];
            total: components["schemas"]["Ledger"];
        };
        LedgerEvent: {
            /** @description Absent for what was refused at the door */
            event_id?: string;
            /** Format: int64 */
            line: number;
            /** @description Its passport in the console */
            link: string;
            /** Format: int64 */
            offset: number;
            /** Format: int32 */
            partition: number;
            /** Format: date-time */
            received_at: string;
            source: string;
            /** @description What became of it in quarantine: open, recovered, waived, dead or purged */
            state?: string;
            /** @description File name, or door such as http */
            stream: string;
            /** @description Where its row is */
            table: string;
            /** @enum {string} */
            verdict: "accepted" | "duplicate" | "quarantined" | "rejected";
        };
        LedgerEventsAnswer: {
            /** @description Newest receive time first */
            events: components["schemas"]["LedgerEvent"][];
            next_cursor?: string;
        };
        LedgerRow: {
            /**
             * Format: int64
             * @description Events in the tables
             */
            accepted: number;
            /** @description Whether received = accepted + duplicate + quarantined + rejected */
            balanced: boolean;
            /**
             * Format: int64
             * @description Accepted events of which a rule changed a field
             */
            corrected: number;
            /**
             * Format: date
             * @description UTC day of event time, with by=day; absent for events whose time is not known
             */
            day?: string;
            /**
             * Format: int64
             * @description Quarantined events that were given up: dead letters, and purged
             */
            dead: number;
            /**
             * Format: int64
             * @description Deliveries of an event received before
             */
            duplicate: number;
            /**
             * Format: date-time
             * @description Hour of receipt, with by=hour
             */
            hour?: string;
            /**
             * Format: int64
             * @description Accepted events behind their source's watermark
             */
            late: number;
            /**
             * Format: date-time
             * @description Minute of receipt, with by=minute
             */
            minute?: string;
            /**
             * Format: int64
             * @description Quarantined events that wait for a decision: quarantined less recovered, waived and dead
             */
            open: number;
            /**
             * Format: int64
             * @description Events that broke a rule
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Events that the log took
             */
            received: number;
            /**
             * Format: int64
             * @description Quarantined events that were accepted when they were sent again, or received otherwise
             */
            recovered: number;
            /**
             * Format: int64
             * @description Records refused for a counted reason
             */
            rejected: number;
            source: string;
            /**
             * Format: int64
             * @description Quarantined events that were left out for a good reason
             */
            waived: number;
        };
        LineError: {
            /** Format: int64 */
            column: number;
            /** Format: int64 */
            line: number;
            message: string;
        };
        LineageAnswer: {
            edges: components["schemas"]["LineageEdge"][];
            /** @description In the order of the data's path */
            nodes: components["schemas"]["LineageNode"][];
        };
        LineageBadge: {
            /**
             * Format: int64
             * @description Rows, events, results or messages
             */
            count?: number;
            /**
             * Format: date-time
             * @description When something last came; of jobs the event time that they have reached
             */
            fresh?: string;
            /** @description Why it is not ok */
            messages: string[];
            /**
             * @description bad: it does not work, or a check of severity error fails; warn: look at it
             * @enum {string}
             */
            state: "ok" | "warn" | "bad";
            /**
             * @description What is counted
             * @enum {string}
             */
            unit?: "rows" | "events" | "results" | "messages";
        };
        LineageColumn: {
            name: string;
            type?: string;
        };
        LineageEdge: {
            /** @description A node, or NODE/COLUMN */
            from: string;
            /** @description What does it */
            how?: string;
            /** @description As OpenLineage names it: IDENTITY, TRANSFORMATION, AGGREGATION, JOIN, GROUP_BY, FILTER, SORT, WINDOW, CONDITIONAL */
            subtype?: string;
            to: string;
            /**
             * @description Between columns: values are made of it, or it decides about them
             * @enum {string}
             */
            type?: "DIRECT" | "INDIRECT";
            /** @description Of what does it */
            version?: string;
            /** @description Node that does it, where it stands between the two */
            via?: string;
        };
        LineageNode: {
            /** @description How it stands; absent where nothing is known */
            badge?: components["schemas"]["LineageBadge"];
            columns: components["schemas"]["LineageColumn"][];
            file?: string;
            /** @example table:order_lines */
            id: string;
            /** @enum {string} */
            kind: "source" | "topic" | "pass" | "rules" | "contract" | "job" | "table" | "feed" | "metric" | "query" | "dashboard" | "sink";
            name: string;
            /** @description What it is */
            text?: string;
            /** @description Of what it is declared by */
            version?: string;
        };
        LineageSQLInputBody: {
            sql: string;
        };
        Metric: {
            area?: string;
            /**
             * @description Which direction is good; absent: neither
             * @enum {string}
             */
            better?: "higher" | "lower";
            /** @description It came with the platform */
            built_in: boolean;
            /** @description How the number comes about */
            computed: string;
            /** @description Rows that it is computed over */
            datasets: string[];
            description: string;
            /** @description What it may be broken down and filtered by */
            dimensions: components["schemas"]["MetricDimension"][];
            file: string;
            /**
             * @description How the number is shown; a percent is a share of 1
             * @enum {string}
             */
            format: "money" | "count" | "percent" | "number" | "days";
            /** @enum {string} */
            kind: "simple" | "ratio" | "derived" | "cumulative" | "conversion" | "semi_additive";
            label: string;
            /** Format: int64 */
            line: number;
            /** @description It is made of amounts, which are in one currency */
            money: boolean;
            name: string;
            /** @description Who decides about the definition */
            owner: string;
            synonyms: string[];
            /** @description Metrics that it is made of */
            uses: string[];
            /** @description Changes with the definition, and with those that it uses */
            version: string;
        };
        MetricDimension: {
            description: string;
            name: string;
            /** @enum {string} */
            type: "text" | "integer" | "money" | "boolean" | "time";
        };
        MetricFilter: {
            dimension: string;
            /** @description is, in, not_in, at_least, at_most, above, below, missing, present, starts_with or contains. Absent: in */
            operator?: string;
            values?: string[] | null;
        };
        MetricHead: {
            better?: string;
            computed: string;
            format: string;
            kind: string;
            label: string;
            name: string;
            version: string;
        };
        MetricOpening: {
            column: string;
            metric: string;
            query: string;
        };
        MetricOrder: {
            /** @description A metric, a dimension or time */
            by: string;
            descending?: boolean;
        };
        MetricQuery: {
            /** @description Also take sketches of rollups for numbers of different values and quantiles; sources say how far they are off */
            approximate?: boolean;
            /**
             * Format: date-time
             * @description Only what the log had received by then
             */
            as_of?: string;
            /** @description Also compute the period before of equal length (previous), or a year before (year) */
            compare?: string;
            /** @description Of amounts. Absent: the currency of most order lines; *: all, which counts can be asked for */
            currency?: string;
            /** @description One row for each combination of their values */
            dimensions?: string[] | null;
            /** @description All of them hold */
            filters?: components["schemas"]["MetricFilter"][] | null;
            /**
             * Format: date-time
             * @description Start in event time, inclusive. Absent: the first row
             */
            from?: string;
            /** @description Read the rows, also where a rollup would give the same numbers */
            from_rows?: boolean;
            /** @description Width of buckets of event time, UTC: minute, hour, day, week, month, quarter or year. Absent: the whole range is one */
            grain?: string;
            /**
             * Format: int64
             * @description Rows at most
             */
            limit?: number;
            /**
             * @description Names or synonyms
             * @example [
             *       "revenue",
             *       "orders"
             *     ]
             */
            metrics: string[] | null;
            /** @description Absent: by time and dimensions */
            order?: components["schemas"]["MetricOrder"][] | null;
            /** @description In place of as_of: only events of lower offsets, per partition; those of an answer give its numbers again */
            positions?: {
                [key: string]: number;
            };
            /**
             * Format: date-time
             * @description End in event time, exclusive. Absent: the last row
             */
            to?: string;
        };
        MetricRange: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        MetricRow: {
            /** @description (value − previous) ÷ |previous| */
            changes?: {
                [key: string]: string | null;
            };
            dimensions?: {
                [key: string]: string | null;
            };
            /** @description The same of the other period */
            previous?: {
                [key: string]: string | null;
            };
            /**
             * Format: date-time
             * @description Start of the bucket
             */
            time?: string;
            /** @description By metric, exact decimals. Ratios and formulas are rounded to six decimals, half away from zero; a denominator of 0 makes null */
            values: {
                [key: string]: string | null;
            };
        };
        MetricsAnswer: {
            metrics: components["schemas"]["Metric"][];
            /** @description Changes with any definition */
            version: string;
        };
        MetricsResult: {
            compared_statement?: string;
            compared_with?: components["schemas"]["MetricRange"];
            /** @description Of amounts */
            currency?: string;
            dimensions: string[];
            /** Format: double */
            elapsed_ms: number;
            engine: string;
            /** @description Nothing behind these positions is in it; false when events were stored meanwhile */
            exact: boolean;
            /** Format: date-time */
            from?: string;
            grain?: string;
            /** @description In the order asked for */
            metrics: components["schemas"]["MetricHead"][];
            /** @description How each number is opened to the rows behind it: what to send to /api/v1/explain. Add row, with time and dimensions of the number's row */
            open: components["schemas"]["MetricOpening"][];
            /** @description Offsets that the answer reflects, per partition */
            positions: {
                [key: string]: number;
            };
            /** Format: int64 */
            row_count: number;
            rows: components["schemas"]["MetricRow"][];
            /** @description What the numbers were computed from: the coarsest rollup that gives them exactly, or rows */
            sources: components["schemas"]["NumberSource"][];
            /** @description The SQL that was run, with its values written out */
            statement: string;
            /** Format: date-time */
            to?: string;
            /** @description The limit cut rows off */
            truncated: boolean;
            /** @description Of the catalogue */
            version: string;
        };
        MuteInputBody: {
            /**
             * @description Who does it
             * @default api
             */
            by: string;
            /** @description Why */
            reason?: string;
            /**
             * Format: date-time
             * @description End of the silence; a time that is past ends it
             */
            until: string;
        };
        Note: {
            assignee?: string;
            /** Format: date-time */
            at: string;
            by: string;
            note?: string;
            reason?: string;
            state: string;
            ticket?: string;
        };
        NumberSource: {
            /** @description Numbers that metrics are made of */
            columns: string[];
            dataset: string;
            /**
             * Format: double
             * @description Of sketches: how far the numbers are off, as a share. Absent: they are exact
             */
            error?: number;
            /** @description Of the rollup */
            grain?: string;
            /** @description Absent: the rows were read */
            rollup?: string;
            /** @description Why none of the dataset's rollups was read */
            why?: string[] | null;
        };
        OrderDay: {
            /** @description Sum of what the witness that is believed says */
            amount: string;
            /** @description Of the orders, UTC */
            day: string;
            /** Format: int64 */
            orders: number;
            /** @enum {string} */
            reason: "agrees" | "missing" | "currency" | "amount" | "time" | "pending";
            witness: string;
        };
        OrderDifference: {
            believed: components["schemas"]["OrderTestimony"];
            order_id: string;
            reason: string;
            /** @description Absent when the witness does not know the order */
            said?: components["schemas"]["OrderTestimony"];
            witness: string;
        };
        OrderDifferencesAnswer: {
            /** @description Newest first */
            differences: components["schemas"]["OrderDifference"][];
            next_cursor?: string;
        };
        OrderTestimony: {
            amount: string;
            /** Format: date-time */
            at: string;
            currency: string;
            event_id: string;
            witness: string;
        };
        OrderWitness: {
            name: string;
            sources: string[];
            /** @description Types of events; none: all that name an order */
            types: string[];
        };
        OrdersAnswer: {
            days: components["schemas"]["OrderDay"][];
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            /** @description Whom to believe first is first */
            witnesses: components["schemas"]["OrderWitness"][];
        };
        OutputDiff: {
            /**
             * Format: int64
             * @description Rows of one key that differ
             */
            changed: number;
            /**
             * Format: int64
             * @description Rows that are the same
             */
            equal: number;
            /** @description Job A has this output */
            in_a: boolean;
            /** @description Job B has this output */
            in_b: boolean;
            /** @enum {string} */
            kind: "table" | "topic" | "feed";
            name: string;
            /** Format: int64 */
            only_a: number;
            /** Format: int64 */
            only_b: number;
            /** @description The first rows that differ, in the order of their keys */
            samples: components["schemas"]["RowDiff"][];
        };
        OverviewAnswer: {
            /**
             * Format: date-time
             * @description When the numbers were true
             */
            as_of: string;
            /** @description Best ten by revenue */
            countries: components["schemas"]["CountryRow"][];
            /** @description ISO 4217. Lines in another currency are not in the numbers */
            currency: string;
            /**
             * Format: date-time
             * @description First event time there is
             */
            data_from: string | null;
            /**
             * Format: date-time
             * @description Last event time there is
             */
            data_to: string | null;
            /**
             * Format: date-time
             * @description Start of the range; null when there is no data
             */
            from: string | null;
            /** @enum {string} */
            grain: "hour" | "day" | "week" | "month";
            kpis: components["schemas"]["KPIs"];
            platform: components["schemas"]["PlatformStrip"];
            /** @description Of the period of equal length before; null without compare=true or without data there */
            previous: components["schemas"]["KPIs"] | null;
            /** @description Best ten by revenue */
            products: components["schemas"]["ProductRow"][];
            /** @description Every bucket of the range, empty ones too */
            series: components["schemas"]["Point"][];
            /**
             * Format: date-time
             * @description End of the range, exclusive
             */
            to: string | null;
        };
        Parameter: {
            /** @description Value when none is given. Dates and times may be relative to the run: now, today, week, month or year (where each begins), with + or - and h, d, w, mo or y, such as today-7d. */
            default?: string;
            /** @description Its name in the statement, without $: lower-case letters, digits and _. */
            name: string;
            /** @description Without a value it is NULL. Otherwise a value is needed. */
            optional?: boolean;
            /** @description The only values that are taken. Default: any of the type. */
            options?: string[];
            /** @description What stands beside its field. Default: its name. */
            title?: string;
            /** @description How its value is read and bound. One of text, integer, decimal, boolean, date, timestamp. */
            type: string;
        };
        PartitionStatus: {
            /**
             * Format: int64
             * @description Offset of the next record to judge: those below it are durable and in the ledger
             */
            committed: number;
            /**
             * Format: int64
             * @description Offset that the next record of the log will get
             */
            end: number;
            /**
             * Format: int64
             * @description Records between position and end
             */
            lag: number;
            /** Format: int32 */
            partition: number;
            /**
             * Format: int64
             * @description Offset up to which rows are queryable; at most committed
             */
            position: number;
        };
        PartitionWatermark: {
            idle: boolean;
            /**
             * Format: date-time
             * @description Newest event time
             */
            newest?: string;
            /** Format: int32 */
            partition: number;
            /**
             * Format: date-time
             * @description Receipt of the newest record since the start of the process
             */
            received_at?: string;
        };
        Passport: {
            /** @description What was done about it while it was quarantined: rows of table quarantine_acts, oldest first */
            acts: {
                [key: string]: unknown;
            }[];
            changes: components["schemas"]["Change"][];
            coordinates: components["schemas"]["Coordinates"];
            /** @description Further deliveries of the event */
            duplicates: components["schemas"]["Delivery"][];
            /** @description Row of table events; null unless accepted */
            event: {
                [key: string]: unknown;
            } | null;
            /** @description Empty for a record that was refused at the door */
            event_id: string;
            /** @description Rows of table order_lines */
            lines: {
                [key: string]: unknown;
            }[];
            /** @description Rows of table product_events */
            products: {
                [key: string]: unknown;
            }[];
            /** @description Rows of table quarantine */
            quarantine: {
                [key: string]: unknown;
            }[];
            raw: components["schemas"]["RawPayload"];
            /** @description Results of jobs that it is a part of, as they are now; at most 20 of each table */
            reached: components["schemas"]["Reached"][];
            /** @description Where it, and the results that it is a part of, are delivered to */
            sinks: components["schemas"]["PassportSink"][];
            source: components["schemas"]["PassportSource"];
            timeline: components["schemas"]["Step"][];
            /** @enum {string} */
            verdict: "accepted" | "duplicate" | "quarantined" | "rejected" | "pending";
            /** @description Adapter and rules that made the row, as name@version */
            versions: string;
        };
        PassportSink: {
            /** @description webhook, amqp, redis, kafka, postgres or s3 */
            kind: string;
            /**
             * Format: int64
             * @description Messages of the topic that are not delivered
             */
            lag: number;
            /** Format: date-time */
            last_delivered: string | null;
            /** @description While it fails */
            last_error?: string;
            name: string;
            /**
             * @description What it delivers: the raw event itself, or results that it is a part of
             * @enum {string}
             */
            of: "event" | "result";
            /** @description How far it is in the event's partition; missing for results */
            position?: components["schemas"]["SinkPosition"];
            /** @description Tables and topics of jobs that it delivers of those that the event reached */
            results: string[];
            /**
             * @description Of the event: delivered (or refused by the destination, and among its dead letters), waiting, or before: it was there before the sink began, or retention was faster. Of results: current: everything in the topic is delivered; behind: some of it is not. unknown: the sink has not reached its destination since the process started
             * @enum {string}
             */
            state: "delivered" | "waiting" | "before" | "current" | "behind" | "unknown";
            topic: string;
        };
        PassportSource: {
            adapter: string;
            adapter_version: string;
            /**
             * Format: int64
             * @description Line in the file (the header is line 1), or index in the request (from 0)
             */
            line: number;
            name: string;
            /** @description Request id of an HTTP door */
            request: string;
            /** @description File name, or door such as http */
            stream: string;
        };
        PathAnswer: {
            /** @description From the first column to the second; none when nothing leads there */
            edges: components["schemas"]["LineageEdge"][];
        };
        PlatformStrip: {
            /** Format: date-time */
            event_time: string | null;
            /** Format: double */
            events_per_second: number;
            freshness_ms: components["schemas"]["Quantiles"];
            /** Format: int64 */
            lag: number;
            ledger: components["schemas"]["Ledger"];
        };
        Point: {
            /** Format: int64 */
            customers: number;
            /** Format: int64 */
            orders: number;
            /** Format: decimal */
            revenue: string;
            /**
             * Format: date-time
             * @description Start of the bucket, UTC
             */
            time: string;
            /** Format: int64 */
            units: number;
        };
        Problem: {
            /**
             * @description A human-readable explanation specific to this occurrence of the problem.
             * @example Property foo is required but is missing.
             */
            detail?: string;
            /** @description Optional list of individual error details */
            errors?: components["schemas"]["ErrorDetail"][] | null;
            /**
             * Format: uri
             * @description A URI reference that identifies the specific occurrence of the problem.
             * @example https://example.com/error-log/abc123
             */
            instance?: string;
            /**
             * Format: int64
             * @description HTTP status code
             * @example 400
             */
            status?: number;
            /**
             * @description A short, human-readable summary of the problem type. This value should not change between occurrences of the error.
             * @example Bad Request
             */
            title?: string;
            /**
             * Format: uri
             * @description A URI reference to human-readable documentation for the error.
             * @default about:blank
             * @example https://example.com/errors/example
             */
            type: string;
        };
        ProductRow: {
            /** @description Name as last sent */
            name: string;
            /** Format: int64 */
            orders: number;
            product_id: string;
            /** Format: decimal */
            revenue: string;
            /** Format: int64 */
            units: number;
        };
        Profile: {
            columns: components["schemas"]["Column"][];
            /** @description UTC, on which they were judged */
            day: string;
            /** @description There were more properties than profiles keep */
            incomplete: boolean;
            /**
             * Format: int64
             * @description Accepted events
             */
            rows: number;
            /**
             * Format: int64
             * @description Of them, those that were looked at: all numbers of columns are of these
             */
            sampled: number;
            source: string;
            type: string;
        };
        ProfilesAnswer: {
            /** @description By source and type */
            profiles: components["schemas"]["Summary"][];
        };
        QualityScore: {
            /** Format: int64 */
            checks: number;
            /** @description Of the source, table or owner; empty for all */
            name: string;
            /** @enum {string} */
            of: "all" | "source" | "table" | "owner";
            /** Format: int64 */
            passed: number;
            /** Format: int64 */
            runs: number;
            /**
             * Format: double
             * @description 0 to 1: the share of passed runs of each check, weighted by severity (error 10, warn 3, info 1)
             */
            score: number;
        };
        Quantile: {
            /** Format: double */
            share: number;
            value: string;
        };
        Quantiles: {
            /** Format: double */
            p50: number;
            /** Format: double */
            p99: number;
        };
        QuarantineAnswer: {
            /**
             * Format: decimal
             * @description Sum over all, whatever the currency
             */
            amount: string;
            /** @description Largest first */
            groups: components["schemas"]["QuarantineGroup"][];
            /** Format: int64 */
            total: number;
        };
        QuarantineGroup: {
            /** Format: decimal */
            amount: string;
            category: string;
            /** Format: int64 */
            count: number;
            field: string;
            /**
             * Format: date-time
             * @description Receive time of the first
             */
            first_seen: string;
            /**
             * Format: date-time
             * @description Receive time of the last
             */
            last_seen: string;
            rule: string;
            /** @description The first five */
            samples: components["schemas"]["QuarantineSample"][];
            source: string;
        };
        QuarantineSample: {
            event_id: string;
            /** Format: int64 */
            line: number;
            message: string;
            order_id: string;
            payload: string;
            stream: string;
            value: string;
        };
        QueriesAnswer: {
            /** @description By title */
            queries: components["schemas"]["QueryHead"][];
            /** @description Who can be sent results: escalation.targets by mail, Slack or webhook */
            targets: string[];
        };
        Query: {
            /** @description What it is for. */
            description?: string;
            /** @description Name in addresses: lower-case letters, digits, _ and -, a letter first, at most 64. */
            id: string;
            /** @description User of olap.sql.users who may change it, and with whose role its scheduled runs read. Absent: nobody's, with olap.sql.anonymous_role. Saving by the API sets it to who saves. */
            owner?: string;
            /** @description What the statement is asked with. */
            parameters?: components["schemas"]["Parameter"][];
            schedule?: components["schemas"]["Schedule"];
            /** @description One statement that reads. Parameters stand in it as $name. */
            sql: string;
            /** @description What people call it. */
            title: string;
            /**
             * Format: int64
             * @description Version of this format. One of 1.
             */
            version: number;
        };
        QueryAnswer: {
            /** Format: date-time */
            at?: string;
            /** @description Who saved it */
            by?: string;
            definition: components["schemas"]["Query"];
            file?: string;
            /**
             * Format: int64
             * @description Of the saved version, from 1
             */
            number?: number;
            /** @enum {string} */
            origin: "file" | "saved";
            /** @description Hand it in as if_version of a change */
            version: string;
            /** @description The definition as a file */
            yaml: string;
        };
        QueryArguments: {
            /** @description Values of parameters, as text, by name; defaults stand for what is missing */
            arguments?: {
                [key: string]: string;
            };
            /**
             * Format: int64
             * @description Most rows; absent: olap.sql.max_rows
             */
            limit?: number;
        };
        QueryChange: {
            /** @description Who does it; absent: the user of the request, or api */
            by?: string;
            /** @description Either this or yaml */
            definition?: components["schemas"]["Query"];
            /** @description Version that it changes; 409 when another one counts by now */
            if_version?: string;
            /** @description Why */
            reason?: string;
            yaml?: string;
        };
        QueryHead: {
            description?: string;
            id: string;
            last_run?: components["schemas"]["QueryRun"];
            /**
             * Format: date-time
             * @description When it is due next
             */
            next?: string;
            /**
             * Format: int64
             * @description Of the saved version
             */
            number?: number;
            /**
             * @description A saved one counts before a file
             * @enum {string}
             */
            origin: "file" | "saved";
            /** @description Who may change it; absent: everybody */
            owner?: string;
            /** Format: int64 */
            parameters: number;
            /** @description Cron expression of its schedule */
            schedule?: string;
            title: string;
            /** @description Changes with the definition */
            version: string;
            zone?: string;
        };
        QueryRemoved: {
            /** @description The query of a file that counts again */
            restored?: components["schemas"]["QueryHead"];
        };
        QueryRun: {
            /** Format: int64 */
            attempts: number;
            /** @description Who asked for it; absent: the schedule */
            by?: string;
            /** Format: date-time */
            due: string;
            /** Format: double */
            elapsed_ms: number;
            error?: string;
            /**
             * Format: int64
             * @description Times before that passed while no process ran; this run stands for them
             */
            missed?: number;
            /**
             * @description empty and unchanged: there was a result, and the schedule's condition kept it from being sent
             * @enum {string}
             */
            outcome: "sent" | "empty" | "unchanged" | "failed";
            /** Format: int64 */
            rows: number;
            /** Format: date-time */
            started: string;
            targets?: string[];
            truncated?: boolean;
            /** @description Of the query */
            version: string;
        };
        QueryRuns: {
            /**
             * Format: date-time
             * @description When it is due next
             */
            next?: string;
            /** @description Newest first; the newest 100 are kept */
            runs: components["schemas"]["QueryRun"][];
        };
        QuerySend: {
            /** @description Who does it; absent: the user of the request, or api */
            by?: string;
            /** @description Why */
            reason?: string;
        };
        QueryVersions: {
            /** @description Newest first; the first counts */
            versions: components["schemas"]["QueryAnswer"][];
        };
        RawPayload: {
            available: boolean;
            /** @enum {string} */
            encoding: "utf-8" | "base64";
            headers: {
                [key: string]: string;
            };
            payload: string;
            /** @description Why it is not available */
            reason: string;
        };
        Reached: {
            job: string;
            key: {
                [key: string]: unknown;
            };
            /** @description Topics and feeds that the job publishes to besides, such as topic fraud-alerts */
            outputs: string[];
            row: {
                [key: string]: unknown;
            };
            table: string;
            /** Format: int64 */
            version: number;
        };
        Replay: {
            active: boolean;
            /**
             * Format: double
             * @description Share that has been sent, from 0 to 1
             */
            done: number;
            /** @description As asked for, such as 60s, 3600x or max */
            speed: string;
        };
        ResultColumn: {
            name: string;
            type: string;
        };
        ResultEvent: {
            job: string;
            /** @enum {string} */
            kind: "table" | "topic" | "feed";
            /**
             * Format: int64
             * @description Of all results; it rises, and is also the id of the event
             */
            number: number;
            output: string;
            /** @description Columns as /api/v1/jobs/{name} lists them */
            row: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description Event time
             */
            time: string;
        };
        Rollup: {
            /** @description It came with the platform */
            built_in: boolean;
            /** @description Rows that are aggregated */
            dataset: string;
            description: string;
            dimensions: string[];
            file: string;
            /**
             * @description Width of its buckets of event time, UTC
             * @enum {string}
             */
            grain: "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";
            /** Format: int64 */
            line: number;
            measures: components["schemas"]["RollupMeasure"][];
            name: string;
            /** @description Next offset, per partition, that its tables have yet to take; queries read what came since from rows */
            positions: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Absent: buckets are kept for ever
             */
            retention_days?: number;
            /**
             * Format: int64
             * @description Of its tables
             */
            rows: number;
            /**
             * Format: date-time
             * @description Older buckets are gone
             */
            since?: string;
            /**
             * @description refilling: the former tables are read until those that are made now have caught up; held: these would lose buckets whose rows are gone, and wait for a rebuild with force; full: it, or what is made in its place, has more rows than rollups.max_rows, and takes no further ones
             * @enum {string}
             */
            state: "serving" | "filling" | "refilling" | "held" | "full";
            /** @description Changes with the definition */
            version: string;
            /** @description What SQL reads */
            view: string;
        };
        RollupMeasure: {
            /** @enum {string} */
            aggregate: "count" | "sum" | "min" | "max" | "distinct" | "approx_distinct" | "quantiles";
            field?: string;
            name: string;
        };
        RollupRebuild: {
            /** @description Who asks; api when absent */
            by?: string;
            /** @description Also when buckets are lost whose rows are gone */
            force?: boolean;
            /** @description Why */
            reason?: string;
        };
        RollupsAnswer: {
            rollups: components["schemas"]["Rollup"][];
        };
        RowDiff: {
            a?: unknown;
            b?: unknown;
            key: string;
        };
        RuleInfo: {
            /** @description When it is the same for all its faults */
            category?: string;
            /**
             * Format: int64
             * @description Values changed, or events that broke the rule, since the process started
             */
            count: number;
            /** @description The demand, or the action */
            does: string;
            field: string;
            /** @enum {string} */
            kind: "correction" | "rule";
            name: string;
            severity?: string;
            /** @description Types of events that it is for; none: all */
            types: string[];
            /**
             * Format: int64
             * @description Values that a correction could not be made for
             */
            unmade: number;
            when?: string;
        };
        RuleTrial: {
            /** @description When it is the same for all its faults */
            category?: string;
            /** @description What the key confirmed must hold to confirm it */
            confirm: string;
            /**
             * Format: int64
             * @description Values changed, or events that broke the rule, since the process started
             */
            count: number;
            /** @description The demand, or the action */
            does: string;
            /**
             * Format: int64
             * @description Events that would break the rule, or be changed
             */
            events: number;
            /** @description It hits nearly all of them, and the file is refused without the confirmation */
            exceeds: boolean;
            field: string;
            /**
             * Format: int64
             * @description Events that it is for, by their type
             */
            in_scope: number;
            /** @enum {string} */
            kind: "correction" | "rule";
            /**
             * Format: int64
             * @description In the file
             */
            line: number;
            name: string;
            /** @description At most 5 */
            samples: components["schemas"]["RulesSample"][];
            severity?: string;
            /** @description Types of events that it is for; none: all */
            types: string[];
            /**
             * Format: int64
             * @description Values that a correction could not be made for
             */
            unmade: number;
            when?: string;
        };
        RulesAnswer: {
            /** @description Those that have rules */
            sources: components["schemas"]["SourceRules"][];
        };
        RulesRequest: {
            /**
             * Format: int64
             * @description The newest so many events of the source are tried
             * @default 1000
             */
            events: number;
            /**
             * @description Its name in errors
             * @default rules.yaml
             */
            file: string;
            /**
             * Format: date-time
             * @description Only those received since then
             */
            since?: string;
            /** @description Whose events it is tried on */
            source: string;
            text: string;
        };
        RulesSample: {
            after?: string;
            /** @description Of a correction */
            before?: string;
            event_id: string;
            field: string;
            message?: string;
            /** Format: int64 */
            offset: number;
            /** Format: int32 */
            partition: number;
            /** @description That breaks the rule */
            value?: string;
        };
        RulesTable: {
            /** Format: int64 */
            keys: number;
            name: string;
            /** @description As rows name it; empty while it was never read */
            version?: string;
        };
        RulesTrial: {
            after: components["schemas"]["TrialCounts"];
            /** @description What becomes of these events with the rules that run */
            before: components["schemas"]["TrialCounts"];
            /**
             * Format: int64
             * @description Events it was tried on
             */
            events: number;
            /**
             * Format: int64
             * @description Records of the log, of any source, that were read for it; at most 40000
             */
            read: number;
            rules: components["schemas"]["RuleTrial"][];
            /**
             * Format: int64
             * @description Events of the source that are no longer readable by its adapter
             */
            skipped: number;
            source: string;
            /** @description That rows would name */
            version: string;
        };
        RunProgress: {
            /**
             * Format: int64
             * @description Records that will be
             */
            of: number;
            /**
             * Format: int64
             * @description Records that were read
             */
            read: number;
        };
        RunRequest: {
            /** @description Who does it. Absent: api */
            by?: string;
            /** @description The token that the dry run gave; needed when the run is large or its filter matches everything */
            confirm?: string;
            /** @description To which events */
            filter: components["schemas"]["HeldFilter"];
            /**
             * @description What to do
             * @enum {string}
             */
            kind: "redrive" | "waive" | "reopen" | "purge" | "bury";
            /** @description Redrive: the patch, as an object, or as the text of a patch file. Absent: as received */
            patch?: unknown;
            /**
             * Format: int64
             * @description Most events per second. Absent: quarantine.rate
             */
            rate?: number;
            /** @description Why; needed to waive and to purge */
            reason?: string;
        };
        RunsAnswer: {
            /** @description The newest first */
            runs: components["schemas"]["HeldRun"][];
        };
        SQLAnswer: {
            /** @description Whether the rows were kept from an earlier run; nothing was stored since */
            cached: boolean;
            columns: components["schemas"]["SQLColumn"][];
            /** Format: double */
            elapsed_ms: number;
            /** Format: int64 */
            row_count: number;
            /** @description Decimals and 128-bit integers are strings, times RFC 3339 in UTC */
            rows: (unknown[] | null)[];
            /** @description Whether a limit cut the result off */
            truncated: boolean;
        };
        SQLColumn: {
            name: string;
            /** @description SQL type, such as DECIMAL(38,6) */
            type: string;
        };
        SQLLimits: {
            /** @description Columns that may not be read, as table.column */
            hidden_columns: string[];
            /**
             * Format: int64
             * @description Of all queries and of writing together
             */
            memory_bytes: number;
            /**
             * Format: int64
             * @description Of one user; further ones wait, then get 429
             */
            queries_at_once: number;
            /**
             * Format: int64
             * @description Size of a statement
             */
            query_bytes: number;
            /**
             * Format: int64
             * @description Size of an answer, likewise
             */
            result_bytes: number;
            /** @description Absent: none, everything may be read */
            role?: string;
            /**
             * Format: int64
             * @description Of an answer; beyond it the answer is cut off and says truncated. 0: no bound
             */
            rows: number;
            /**
             * Format: double
             * @description After which a query is stopped. 0: no bound
             */
            seconds: number;
            /** @description Patterns of the tables that may be read, with their schema where it is not main; none: all. SHOW TABLES lists them */
            tables: string[];
            /**
             * Format: int64
             * @description How many tables may not be read
             */
            unseen_tables: number;
            /** @description Who asks; absent: nobody said a name */
            user?: string;
        };
        SQLRequest: {
            /**
             * Format: int64
             * @description Rows to return at most; the server's limit holds as well
             */
            limit?: number;
            /**
             * @description One statement that reads
             * @example SELECT country, sum(amount) AS revenue FROM order_lines GROUP BY country ORDER BY revenue DESC
             */
            query: string;
        };
        Schedule: {
            /** @description Values of parameters, by name. Default: their defaults. */
            arguments?: {
                [key: string]: string;
            };
            /** @description Five fields: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, @monthly. */
            cron: string;
            /**
             * @description table: the first rows stand in the message. csv: all rows are a file, too; Slack has no files. One of table, csv.
             * @default table
             */
            format: string;
            /** @description It does not run. */
            paused?: boolean;
            /** @description Names of escalation.targets: mail, Slack or webhooks. */
            to: string[];
            /**
             * @description Whether a result is sent: always, when it has rows, or when it is not that which was sent last. One of always, rows, changed.
             * @default always
             */
            when: string;
            /**
             * @description Time zone of cron and of relative dates, such as Europe/London.
             * @default UTC
             */
            zone: string;
        };
        SchemaAnswer: {
            /** @description What bounds the statements of the caller, as /api/v1/sql/limits tells it */
            reader: components["schemas"]["SQLLimits"];
            /** @description That the caller may read, with the columns that it may read */
            tables: components["schemas"]["SchemaTable"][];
        };
        SchemaColumn: {
            comment: string;
            name: string;
            type: string;
        };
        SchemaTable: {
            columns: components["schemas"]["SchemaColumn"][];
            comment: string;
            name: string;
        };
        ScoresAnswer: {
            scores: components["schemas"]["QualityScore"][];
        };
        Share: {
            by: string;
            /** Format: date-time */
            created_at: string;
            dashboard: string;
            /** @description It may be shown in a frame of the sites in dashboards.frame_ancestors */
            embed: boolean;
            /** Format: date-time */
            expires_at?: string;
            /** @description That hold whatever the reader chooses */
            filters: components["schemas"]["BoardFilter"][];
            id: string;
            range?: string;
        };
        ShareMade: {
            by: string;
            /** Format: date-time */
            created_at: string;
            dashboard: string;
            /** @description It may be shown in a frame of the sites in dashboards.frame_ancestors */
            embed: boolean;
            /** Format: date-time */
            expires_at?: string;
            /** @description That hold whatever the reader chooses */
            filters: components["schemas"]["BoardFilter"][];
            id: string;
            range?: string;
            token: string;
            /**
             * @description Path of the page
             * @example /shared/TOKEN
             */
            url: string;
        };
        ShareNew: {
            /** @description Who shares it; absent: api */
            by?: string;
            dashboard: string;
            embed?: boolean;
            /**
             * Format: date-time
             * @description Absent: it does not expire
             */
            expires_at?: string;
            /** @description That hold whatever the reader chooses. Charts that cannot obey them are not shown */
            filters?: components["schemas"]["BoardFilter"][];
            /** @description That it opens with. Absent: that of the dashboard */
            range?: string;
        };
        SharedAnswer: {
            definition: components["schemas"]["Board"];
            embed: boolean;
            /** Format: date-time */
            expires_at?: string;
            /** @description That hold whatever the reader chooses */
            filters: components["schemas"]["BoardFilter"][];
            /** @description That it opens with */
            range?: string;
        };
        SharesAnswer: {
            /** @description Newest first, without those that have expired */
            shares: components["schemas"]["Share"][];
        };
        SignRequest: {
            /** @description Who signs */
            by: string;
            /** @description Needed when the day does not balance */
            note?: string;
        };
        SinkPosition: {
            /**
             * Format: int64
             * @description End of the partition, as of the newest fetch
             */
            end: number;
            /**
             * Format: int64
             * @description Everything from here up to next has been delivered. What is before was there before the sink began, or retention removed it
             */
            from: number;
            /**
             * Format: int64
             * @description Offset that is delivered next
             */
            next: number;
            /** Format: int32 */
            partition: number;
        };
        SinkRow: {
            /**
             * Format: int64
             * @description Messages that the destination refused for good
             */
            dead_letters: number;
            /**
             * Format: int64
             * @description Messages since the process started, dead letters among them
             */
            delivered: number;
            /**
             * Format: int64
             * @description Attempts that failed
             */
            errors: number;
            /** @description webhook, amqp, redis, kafka, postgres or s3 */
            kind: string;
            /**
             * Format: int64
             * @description Messages that are not delivered
             */
            lag: number;
            /** Format: date-time */
            last_delivered: string | null;
            last_error?: string;
            /**
             * Format: int64
             * @description Messages that retention removed before they were delivered
             */
            missed: number;
            name: string;
            /** @description Table or live feed whose results the topic has */
            output?: string;
            /** @description By partition of the topic; empty before the destination was reached */
            positions: components["schemas"]["SinkPosition"][];
            /** @enum {string} */
            state: "starting" | "running" | "retrying" | "broken";
            topic: string;
        };
        SinksAnswer: {
            sinks: components["schemas"]["SinkRow"][];
        };
        SlowAnswer: {
            /** @description Newest first; those of this process since it started, bounded */
            queries: components["schemas"]["SlowQuery"][];
        };
        SlowQuery: {
            /** Format: date-time */
            at: string;
            /** Format: double */
            elapsed_ms: number;
            /** @description Why it failed */
            error?: string;
            role?: string;
            /** Format: int64 */
            rows: number;
            sql: string;
            user: string;
        };
        SourceChange: {
            /** Format: int64 */
            batch_bytes?: number;
            /** Format: int64 */
            burst_ms?: number;
            /** Format: int64 */
            bytes_per_second?: number;
            /** Format: int64 */
            event_bytes?: number;
            /** Format: int64 */
            events_per_second?: number;
            paused?: boolean;
            /** @enum {string} */
            priority?: "low" | "normal" | "high";
            /** @enum {string} */
            schema?: "off" | "report" | "quarantine";
        };
        SourceDetail: {
            adapter: string;
            /**
             * Format: int64
             * @description Bytes of payloads taken since the process started
             */
            bytes: number;
            /** @description Settings that were changed while the platform ran */
            changed: string[];
            /**
             * Format: date-time
             * @description When that was; null when none was
             */
            changed_at: string | null;
            /** @description What the configuration says */
            configured: components["schemas"]["SourceSettings"];
            /**
             * Format: int64
             * @description Attempts to fetch events that failed since the process started
             */
            errors: number;
            /**
             * Format: int64
             * @description Events received
             */
            events: number;
            /** @description How good its events are; absent for a source that is not configured */
            health?: components["schemas"]["HealthRow"];
            /** @description http, file, inbox, kafka or replay; or the kind of peer that the events are fetched from */
            kind: string;
            /**
             * Format: int64
             * @description What has not been fetched, in the unit of its kind
             */
            lag: number;
            /** @description Of the last attempt that failed; empty: none has */
            last_error: string;
            /**
             * Format: date-time
             * @description Time of the last receipt; its minute when that was before the process started
             */
            last_seen: string | null;
            name: string;
            /**
             * Format: int64
             * @description Requests and files that were answered with an error since the process started
             */
            refused: number;
            /** Format: int64 */
            rejected: number;
            /** @description What holds now */
            settings: components["schemas"]["SourceSettings"];
            /** @description paused; passive: it waits for senders; running: it is connected; retrying: its last attempt failed; broken: it failed often, and is tried now and then; probing: it is being tried */
            state: string;
        };
        SourceRow: {
            adapter: string;
            /**
             * Format: int64
             * @description Bytes of payloads taken since the process started
             */
            bytes: number;
            /**
             * Format: int64
             * @description Attempts to fetch events that failed since the process started
             */
            errors: number;
            /**
             * Format: int64
             * @description Events received
             */
            events: number;
            /** @description How good its events are; absent for a source that is not configured */
            health?: components["schemas"]["HealthRow"];
            /** @description http, file, inbox, kafka or replay; or the kind of peer that the events are fetched from */
            kind: string;
            /**
             * Format: int64
             * @description What has not been fetched, in the unit of its kind
             */
            lag: number;
            /** @description Of the last attempt that failed; empty: none has */
            last_error: string;
            /**
             * Format: date-time
             * @description Time of the last receipt; its minute when that was before the process started
             */
            last_seen: string | null;
            name: string;
            /**
             * Format: int64
             * @description Requests and files that were answered with an error since the process started
             */
            refused: number;
            /** Format: int64 */
            rejected: number;
            /** @description paused; passive: it waits for senders; running: it is connected; retrying: its last attempt failed; broken: it failed often, and is tried now and then; probing: it is being tried */
            state: string;
        };
        SourceRules: {
            /** @description Corrections, then rules, in the order in which they run */
            rules: components["schemas"]["RuleInfo"][];
            source: string;
            /** @description That rules ask */
            tables: components["schemas"]["RulesTable"][];
            /** @description As rows name it */
            version: string;
        };
        SourceSettings: {
            /**
             * Format: int64
             * @description Size of one batch or body; 0: the general limit
             */
            batch_bytes: number;
            /**
             * Format: int64
             * @description How much more may come at once after a pause, as time at the rate
             */
            burst_ms: number;
            /**
             * Format: int64
             * @description 0: no limit
             */
            bytes_per_second: number;
            /**
             * Format: int64
             * @description Size of one event; 0: limits.event_bytes
             */
            event_bytes: number;
            /**
             * Format: int64
             * @description 0: no limit
             */
            events_per_second: number;
            /** @description Senders get 503, and what fetches events waits */
            paused: boolean;
            /**
             * @description Who goes first while the log's buffer fills
             * @enum {string}
             */
            priority: "low" | "normal" | "high";
            /**
             * @description What becomes of an event that breaks its contract
             * @enum {string}
             */
            schema: "off" | "report" | "quarantine";
        };
        SourceWatermark: {
            /**
             * Format: int32
             * @description Partition that holds it
             */
            holder?: number;
            /** @description It sends nothing: its time goes on at the pace of the clock, and it holds nobody back */
            idle: boolean;
            partitions: components["schemas"]["PartitionWatermark"][];
            source: string;
            /** Format: date-time */
            watermark?: string;
        };
        SourcesAnswer: {
            sources: components["schemas"]["SourceRow"][];
        };
        StateAnswer: {
            entries: components["schemas"]["StateEntry"][];
            job: string;
            key: string;
            /** @description Offset of the next record, per partition: the state is of everything before */
            positions: {
                [key: string]: number;
            };
        };
        StateEntry: {
            /** @description Of panes [start in µs, key], of maps [key, field] */
            key: unknown;
            operator: string;
            table: string;
            value: unknown;
        };
        Statement: {
            /** Format: date-time */
            closed: string;
            /** @description UTC */
            day: string;
            /** @description SHA-256 of the statement with the digest before */
            digest: string;
            /** @description Digest of the statement before; empty for the first */
            previous: string;
            signed: components["schemas"]["StatementSignature"][];
            sources: components["schemas"]["StatementSource"][];
            total: components["schemas"]["Ledger"];
        };
        StatementAnswer: {
            /** @description How the ledger of the day differs from the statement now: what was quarantined then may have been repaired */
            changes: string[];
            /** Format: date-time */
            closed: string;
            /** @description UTC */
            day: string;
            /** @description SHA-256 of the statement with the digest before */
            digest: string;
            /** @description Digest of the statement before; empty for the first */
            previous: string;
            signed: components["schemas"]["StatementSignature"][];
            sources: components["schemas"]["StatementSource"][];
            total: components["schemas"]["Ledger"];
        };
        StatementColumn: {
            name: string;
            uses: components["schemas"]["StatementUse"][];
        };
        StatementLineage: {
            columns: components["schemas"]["StatementColumn"][];
            /** @description What decides which rows there are, in which groups and order */
            rows: components["schemas"]["StatementUse"][];
            tables: string[];
        };
        StatementSignature: {
            /** Format: date-time */
            at: string;
            by: string;
            /** @description How the ledger of the day differed from the statement when it was signed */
            changes: string[];
            note?: string;
        };
        StatementSource: {
            /**
             * Format: int64
             * @description Events in the tables
             */
            accepted: number;
            /** @description Whether received = accepted + duplicate + quarantined + rejected */
            balanced: boolean;
            /**
             * Format: int64
             * @description Accepted events of which a rule changed a field
             */
            corrected: number;
            /**
             * Format: int64
             * @description Quarantined events that were given up: dead letters, and purged
             */
            dead: number;
            /**
             * Format: int64
             * @description Deliveries of an event received before
             */
            duplicate: number;
            /**
             * Format: int64
             * @description Accepted events behind their source's watermark
             */
            late: number;
            /**
             * Format: int64
             * @description Quarantined events that wait for a decision: quarantined less recovered, waived and dead
             */
            open: number;
            /**
             * Format: int64
             * @description Events that broke a rule
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Events that the log took
             */
            received: number;
            /**
             * Format: int64
             * @description Quarantined events that were accepted when they were sent again, or received otherwise
             */
            recovered: number;
            /**
             * Format: int64
             * @description Records refused for a counted reason
             */
            rejected: number;
            source: string;
            /**
             * Format: int64
             * @description Quarantined events that were left out for a good reason
             */
            waived: number;
        };
        StatementUse: {
            column: string;
            subtype: string;
            table: string;
            /** @enum {string} */
            type: "DIRECT" | "INDIRECT";
        };
        StatementsAnswer: {
            /** @description Every statement is as it was made, and none is missing between two */
            intact: boolean;
            /** @description What is not intact */
            problem?: string;
            /** @description Newest first */
            statements: components["schemas"]["Statement"][];
        };
        StatusAnswer: {
            /**
             * Format: double
             * @description Processor time of the process
             */
            cpu_seconds: number;
            /**
             * Format: date-time
             * @description Newest event time processed; null before the first event
             */
            event_time: string | null;
            /**
             * Format: double
             * @description Processed, over the last seconds
             */
            events_per_second: number;
            /** @description From received by the log to queryable */
            freshness_ms: components["schemas"]["Quantiles"];
            /**
             * Format: int64
             * @description Records in the log that are not queryable yet
             */
            lag: number;
            ledger: components["schemas"]["Ledger"];
            /**
             * Format: int64
             * @description Peak memory of the process
             */
            max_rss_bytes: number;
            partitions: components["schemas"]["PartitionStatus"][];
            ready: boolean;
            /** @description Why the platform is not ready */
            reasons: string[];
            /** @description The demo's replay; null when there is none */
            replay: components["schemas"]["Replay"] | null;
            /** Format: date-time */
            started_at: string;
            /** Format: double */
            uptime_seconds: number;
            version: string;
        };
        Step: {
            /**
             * Format: date-time
             * @description Null where the time is not recorded
             */
            at: string | null;
            detail: string;
            /** @enum {string} */
            step: "happened" | "received" | "logged" | "decoded" | "corrected" | "enriched" | "warned" | "accepted" | "quarantined" | "rejected" | "duplicate" | "pending" | "stored";
        };
        Suggestion: {
            /** @description A checks file, likewise */
            checks: string;
            day: string;
            /** @description A rules file, with the evidence as comments; empty when too little was seen */
            rules: string;
            /**
             * Format: int64
             * @description Events that it is made from
             */
            sampled: number;
            source: string;
            type: string;
        };
        Summary: {
            /**
             * Format: int64
             * @description That had a value
             */
            columns: number;
            /** @description Days (UTC) on which events were judged, the newest first */
            days: string[];
            /**
             * Format: int64
             * @description Accepted events of the newest day
             */
            rows: number;
            /**
             * Format: int64
             * @description Of them, those that were looked at
             */
            sampled: number;
            source: string;
            type: string;
        };
        Triage: {
            assignee?: string;
            /** Format: date-time */
            at?: string;
            /** @description Who said it last */
            by?: string;
            note?: string;
            /**
             * @description new: nobody has said anything yet
             * @enum {string}
             */
            state: "new" | "triaged";
            /** @description Link to where it is discussed */
            ticket?: string;
        };
        TriageChange: {
            assignee?: string;
            /** @description Who says it. Absent: api */
            by?: string;
            note?: string;
            reason?: string;
            /**
             * @description Absent: triaged
             * @enum {string}
             */
            state?: "new" | "triaged";
            /** @description Link to where it is discussed */
            ticket?: string;
        };
        TrialCounts: {
            /** Format: int64 */
            accepted: number;
            /**
             * Format: int64
             * @description Accepted, and changed
             */
            corrected: number;
            /** Format: int64 */
            quarantined: number;
            /**
             * Format: int64
             * @description Accepted, and marked
             */
            warned: number;
        };
        VersionInfo: {
            /** @description Version of the platform that first used it */
            binary?: string;
            /** @description It came with the platform */
            built_in: boolean;
            /** @description Where one version was asked for */
            content?: string;
            /** @description It is in use now */
            current: boolean;
            /** @description SHA-256 of the content */
            digest?: string;
            /** @description Where it was declared */
            file?: string;
            /** Format: date-time */
            first_seen?: string;
            kind: string;
            /** @description False when this platform has never used it or has forgotten it */
            known: boolean;
            /**
             * Format: date-time
             * @description When it was last found in use: at a start, or when it was replaced
             */
            last_seen?: string;
            name: string;
            /** @description As rows name it */
            version: string;
        };
        VersionsAnswer: {
            versions: components["schemas"]["VersionInfo"][];
        };
        WatermarksAnswer: {
            jobs: components["schemas"]["JobWatermark"][];
            sources: components["schemas"]["SourceWatermark"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    analyses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analysis: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the analysis */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Analysis"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "analysis-result": {
        parameters: {
            query?: {
                /** @description One of its tables; by default the first */
                table?: string;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the analysis */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisResult"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "analysis-run": {
        parameters: {
            query?: {
                /** @description Who asks for it; kept with the run */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Name of the analysis */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisRun"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    annotations: {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnotationsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "annotation-add": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnnotationNew"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "annotation-delete": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "audit-trail": {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Only changes of this kind, such as rules, mapping, job, contract, setting, source, quarantine */
                kind?: string;
                /** @description Only changes of what has this name */
                name?: string;
                /** @description Only this action, such as created, changed, removed, waive */
                action?: string;
                /** @description Only what this one did */
                by?: string;
                limit?: number;
                /** @description next_cursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditTrailAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "audit-entry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the entry */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "audit-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AuditRequest"];
            };
        };
        responses: {
            /** @description Stream of events progress, and at the end result or problem */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["RunProgress"] | components["schemas"]["AuditReport"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checks: {
        parameters: {
            query?: {
                /** @description Only checks of this table */
                table?: string;
                /** @description Only checks of this owner */
                owner?: string;
                /** @description Only checks that ended so last */
                status?: "passed" | "failed" | "unknown";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChecksAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "checks-run": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckRunRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckRunAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "checks-try": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckTryRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckRunAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    check: {
        parameters: {
            query?: {
                /** @description Results */
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "check-run": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
                /** @description Forget what a schema or drift check has recorded to compare with */
                new_baseline?: boolean;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckRunAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    consumers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsumersAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "consumer-register": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConsumerRequest"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    contracts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContractsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    contract: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Type of event, such as order_completed */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContractAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    coordinates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partition: number;
                offset: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Passport"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dashboards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dashboard: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dashboard-put": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DashboardChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardAnswer"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dashboard-delete": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
                /** @description Version that is removed; 409 when another one counts by now */
                if_version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardRemoved"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dashboard-chart-csv": {
        parameters: {
            query?: {
                /** @description 1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard */
                range?: string;
                /** @description In place of range: start in event time, inclusive */
                from?: string;
                /** @description End, exclusive */
                to?: string;
                /** @description previous, year or none. Absent: that of the dashboard */
                compare?: string;
                /** @description dimension:value; several values of one dimension are alternatives */
                filter?: string[] | null;
            };
            header?: never;
            path: {
                id: string;
                chart: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Rows */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dashboard-live": {
        parameters: {
            query?: {
                /** @description 1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard */
                range?: string;
                /** @description In place of range: start in event time, inclusive */
                from?: string;
                /** @description End, exclusive */
                to?: string;
                /** @description previous, year or none. Absent: that of the dashboard */
                compare?: string;
                /** @description dimension:value; several values of one dimension are alternatives */
                filter?: string[] | null;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream of events snapshot, charts, heartbeat, problem and gone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["DashboardResult"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dashboard-query": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DashboardTry"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardResult"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    definitions: {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefinitionsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    escalations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EscalationsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "escalation-acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description ID of the incident */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IncidentInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "escalation-mute": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description ID of the incident */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MuteInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "escalation-retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EscalationRetryInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EscalationRetried"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "escalation-test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EscalationTestInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description An event id, coordinates as partition:offset, a product, or the start of an order's or a customer's id */
                q?: string;
                /** @description Event id */
                id?: string;
                order_id?: string;
                customer_id?: string;
                /** @description Accepted events with an item of this product */
                product_id?: string;
                source?: string;
                type?: string;
                limit?: number;
                /** @description next_cursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Event id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Passport"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExplainRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainAnswer"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    files: {
        parameters: {
            query: {
                /** @description Adapter that reads the records, such as onlineretail */
                adapter: string;
                /** @description Source to count the events for. Absent: the source configured with the adapter */
                source?: string;
                /** @description Name of the file */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Taken */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    jobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "job-diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiffRequest"];
            };
        };
        responses: {
            /** @description Stream of events progress, and at the end result or problem */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["RunProgress"] | components["schemas"]["Diff"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the job */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "job-backfill": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Name of the job */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackfillRequest"];
            };
        };
        responses: {
            /** @description Stream of events progress, and at the end result or problem */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["RunProgress"] | components["schemas"]["CaughtUp"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "job-restart": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Name of the job */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream of events progress, and at the end result or problem */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["RunProgress"] | components["schemas"]["CaughtUp"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "job-results": {
        parameters: {
            query?: {
                /** @description Only this output */
                output?: string;
                /** @description Begin with the newest so many results */
                last?: number;
            };
            header?: {
                /** @description Begin behind the result of this number, as browsers do when they connect again */
                "Last-Event-ID"?: string;
            };
            path: {
                /** @description Name of the job */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream of events result and gap */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ResultEvent"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    lake: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lake-act": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LakeActRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeDone"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lake-erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LakeErasure"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeDone"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lake-sql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LakeQuery"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeRows"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lake-table": {
        parameters: {
            query?: {
                /** @description As of this snapshot */
                snapshot?: string;
                /** @description As of this branch or tag */
                ref?: string;
                /** @description As of this time */
                at?: string;
            };
            header?: never;
            path: {
                table: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeTableAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lake-evolve": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                table: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LakeEvolution"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeTable"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lake-tiers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LakeTiers"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ledger: {
        parameters: {
            query?: {
                /** @description Grain of the rows: source since the beginning, minute or hour of receipt, day of event time */
                by?: "total" | "source" | "minute" | "hour" | "day";
                /** @description Only this source */
                source?: string;
                /** @description Start, inclusive. With by=minute the last 24 hours when absent, with by=hour the last 7 days */
                from?: string;
                /** @description End, exclusive */
                to?: string;
                /** @description Compare the ledger with the stored rows and the log's positions */
                check?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LedgerAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "ledger-events": {
        parameters: {
            query?: {
                /** @description Column of the ledger */
                verdict?: "received" | "accepted" | "duplicate" | "quarantined" | "rejected" | "recovered" | "waived" | "dead" | "open";
                /** @description Only this source */
                source?: string;
                /** @description Start in receive time, inclusive */
                from?: string;
                /** @description End in receive time, exclusive */
                to?: string;
                limit?: number;
                /** @description next_cursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LedgerEventsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    lineage: {
        parameters: {
            query?: {
                /** @description Edges between datasets, or between columns */
                level?: "dataset" | "column";
                /** @description Only what is connected with this dataset or column: table:order_lines, order_lines.amount, source:shop/order_id */
                focus?: string;
                /** @description From the focus: where it comes from (up), what is made of it (down) */
                direction?: "both" | "up" | "down";
                /** @description Most edges from the focus; 0: all */
                depth?: number;
                /** @description Only nodes of these kinds, separated by commas */
                kind?: string;
                /** @description Only nodes whose name, or the name of a column, contains this */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LineageAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lineage-impact": {
        parameters: {
            query: {
                /** @description A column, or a whole dataset */
                column: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImpactAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lineage-path": {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PathAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "lineage-sql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LineageSQLInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementLineage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: {
                /** @description Part of a name, a label, a synonym or a description */
                q?: string;
                area?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "metrics-query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MetricQuery"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricsResult"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metric: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or synonym */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metric"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "orders-differences": {
        parameters: {
            query?: {
                /** @description Start in order time, inclusive. Absent: 30 days before the end */
                from?: string;
                /** @description End in order time, exclusive. Absent: now */
                to?: string;
                witness?: string;
                /** @description Absent: all but those that agree */
                reason?: "agrees" | "missing" | "currency" | "amount" | "time" | "pending";
                order_id?: string;
                limit?: number;
                /** @description next_cursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDifferencesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "orders-truth": {
        parameters: {
            query?: {
                /** @description Start in order time, inclusive. Absent: 30 days before the end */
                from?: string;
                /** @description End in order time, exclusive. Absent: now */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrdersAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    overview: {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Width of the series' buckets. Absent: chosen by the range */
                grain?: "hour" | "day" | "week" | "month";
                /** @description Also compute the KPIs of the period of equal length before */
                compare?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OverviewAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "overview-stream": {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Width of the series' buckets. Absent: chosen by the range */
                grain?: "hour" | "day" | "week" | "month";
                /** @description Also compute the KPIs of the period of equal length before */
                compare?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream of events overview, platform and problem */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["OverviewAnswer"] | components["schemas"]["PlatformStrip"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    profiles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProfilesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    profile: {
        parameters: {
            query?: {
                /** @description Day (UTC) on which the events were judged; by default the newest */
                day?: string;
            };
            header?: never;
            path: {
                /** @description Name of the source */
                source: string;
                /** @description Type of event */
                type: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "profile-suggestion": {
        parameters: {
            query?: {
                /** @description Day (UTC) on which the events were judged; by default the newest */
                day?: string;
            };
            header?: never;
            path: {
                /** @description Name of the source */
                source: string;
                /** @description Type of event */
                type: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Suggestion"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quality-scores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScoresAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    quarantine: {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Only this source */
                source?: string;
                /** @description Only events in this state */
                state?: "open" | "recovered" | "waived" | "dead" | "purged" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DryRunRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DryRun"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-export": {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Names of sources */
                source?: string[] | null;
                /** @description Rules that they broke first */
                rule?: string[] | null;
                /** @description Categories of problems */
                category?: string[] | null;
                /** @description Fields that the first problem is about */
                field?: string[] | null;
                /** @description Values of that field, as received */
                value?: string[] | null;
                /** @description Files or doors */
                stream?: string[] | null;
                /** @description What became of them. Absent: all */
                state?: ("open" | "recovered" | "waived" | "dead" | "purged")[] | null;
                /** @description Id of a group */
                group?: string;
                /** @description Text that occurs in payload, message or order id, in any case */
                text?: string;
                /** @description csv for spreadsheets, or an object per line */
                format?: "csv" | "jsonl";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/jsonl": string;
                    "text/csv": string;
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-groups": {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Names of sources */
                source?: string[] | null;
                /** @description Rules that they broke first */
                rule?: string[] | null;
                /** @description Categories of problems */
                category?: string[] | null;
                /** @description Fields that the first problem is about */
                field?: string[] | null;
                /** @description Values of that field, as received */
                value?: string[] | null;
                /** @description Files or doors */
                stream?: string[] | null;
                /** @description What became of them. Absent: all */
                state?: ("open" | "recovered" | "waived" | "dead" | "purged")[] | null;
                /** @description Id of a group */
                group?: string;
                /** @description Text that occurs in payload, message or order id, in any case */
                text?: string;
                /** @description Group by time as well, in buckets of this width. Absent: not */
                bucket?: "hour" | "day" | "week" | "month";
                /** @description Events to show of each group */
                samples?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldGroups"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-group": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the group */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldGroupDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-triage-group": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the group */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriageChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Triage"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-import": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
                /** @description Of the file */
                format?: "csv" | "jsonl";
                /** @description Only say what the file would do */
                dry_run?: boolean;
                /** @description The token that the dry run of the same file gave */
                confirm?: string;
                /** @description Most events per second. Absent: quarantine.rate */
                rate?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/jsonl": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description What it comes to */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldImport"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-items": {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Names of sources */
                source?: string[] | null;
                /** @description Rules that they broke first */
                rule?: string[] | null;
                /** @description Categories of problems */
                category?: string[] | null;
                /** @description Fields that the first problem is about */
                field?: string[] | null;
                /** @description Values of that field, as received */
                value?: string[] | null;
                /** @description Files or doors */
                stream?: string[] | null;
                /** @description What became of them. Absent: all */
                state?: ("open" | "recovered" | "waived" | "dead" | "purged")[] | null;
                /** @description Id of a group */
                group?: string;
                /** @description Text that occurs in payload, message or order id, in any case */
                text?: string;
                limit?: number;
                /** @description next_cursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldPage"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-item": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partition: number;
                offset: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-triage-item": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                partition: number;
                offset: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriageChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Triage"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-run-start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldRun"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-run": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the run */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-run-cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the run */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Control"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldRun"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-run-pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the run */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Control"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldRun"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "quarantine-run-resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the run */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Control"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldRun"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Required */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    queries: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueriesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    query: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "query-put": {
        parameters: {
            query?: never;
            header?: {
                /** @description Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as */
                Authorization?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QueryChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryAnswer"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "query-delete": {
        parameters: {
            query?: {
                /** @description Who does it; absent: the user of the request, or api */
                by?: string;
                /** @description Why */
                reason?: string;
                /** @description Version that is removed; 409 when another one counts by now */
                if_version?: string;
            };
            header?: {
                /** @description Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as */
                Authorization?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryRemoved"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "query-run": {
        parameters: {
            query?: never;
            header?: {
                /** @description Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as */
                Authorization?: string;
                /** @description application/json, text/csv or application/vnd.apache.arrow.stream */
                Accept?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QueryArguments"];
            };
        };
        responses: {
            /** @description Rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SQLAnswer"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "query-runs": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryRuns"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "query-send": {
        parameters: {
            query?: never;
            header?: {
                /** @description Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as */
                Authorization?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuerySend"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryRun"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "query-versions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueryVersions"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollups: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RollupsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the rollup */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rollup"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "rollup-rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the rollup */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollupRebuild"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rollup"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "rules-dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesTrial"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    schema: {
        parameters: {
            query?: never;
            header?: {
                /** @description As of POST /api/v1/sql: each sees its own tables */
                Authorization?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shared: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "shared-annotations": {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
            };
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnotationsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "shared-live": {
        parameters: {
            query?: {
                /** @description 1h, 24h, 7d, 28d, 90d, 12mo or all, up to now. Absent: that of the dashboard */
                range?: string;
                /** @description In place of range: start in event time, inclusive */
                from?: string;
                /** @description End, exclusive */
                to?: string;
                /** @description previous, year or none. Absent: that of the dashboard */
                compare?: string;
                /** @description dimension:value; several values of one dimension are alternatives */
                filter?: string[] | null;
            };
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream of events snapshot, charts, heartbeat, problem and gone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["DashboardResult"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "shared-query": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DashboardQuery"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardResult"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shares: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "share-make": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareNew"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareMade"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "share-delete": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Share"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SinksAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourcesAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    source: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the source */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "source-reset": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Name of the source */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceDetail"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "source-change": {
        parameters: {
            query?: {
                /** @description Who asks for it, for the audit trail */
                by?: string;
                /** @description Why, for the audit trail */
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Name of the source */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceDetail"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "source-health": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the source */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "source-health-change": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the source */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HealthRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthAnswer"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sql: {
        parameters: {
            query?: never;
            header?: {
                /** @description Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as */
                Authorization?: string;
                /** @description application/json, text/csv or application/vnd.apache.arrow.stream */
                Accept?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SQLRequest"];
            };
        };
        responses: {
            /** @description Rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SQLAnswer"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Acceptable */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "sql-limits": {
        parameters: {
            query?: never;
            header?: {
                /** @description Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as */
                Authorization?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SQLLimits"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "sql-slow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SlowAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    state: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the job */
                job: string;
                /** @description Key as JSON; what is no JSON is taken as a text */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StateAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    statements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    statement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Such as 2026-01-31 */
                day: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "statement-sign": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Such as 2026-01-31 */
                day: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementAnswer"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "versions-resolve": {
        parameters: {
            query: {
                /** @description What a row has in its column versions */
                of: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    versions: {
        parameters: {
            query?: {
                /** @description Only this version, with its content */
                version?: string;
            };
            header?: never;
            path: {
                /** @description rules, mapping, job, contract, contracts, enrichment or setting */
                kind: string;
                /** @description Name of it; of rules the source's */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watermarks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WatermarksAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
