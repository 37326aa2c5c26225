// Made by generate.ts from docs/openapi.json. Do not edit.

export interface paths {
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
    "/api/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tables that SQL can read */
        get: operations["schema"];
        put?: never;
        post?: never;
        delete?: never;
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
        Audit: {
            /** @description What does not add up */
            findings: string[];
            ok: boolean;
        };
        BackfillRequest: {
            /**
             * Format: date-time
             * @description Read what was received since then. Absent: all that the log has
             */
            since?: string;
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
        Coordinates: {
            /** Format: int64 */
            offset: number;
            /** Format: int32 */
            partition: number;
            topic: string;
        };
        CountryRow: {
            /** @description ISO 3166-1 alpha-2; empty when not known */
            country: string;
            /** Format: int64 */
            orders: number;
            /** Format: decimal */
            revenue: string;
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
        ErrorDetail: {
            /** @description Where the error occurred, e.g. 'body.items[3].tags' or 'path.thing-id' */
            location?: string;
            /** @description Error message text */
            message?: string;
            /** @description The value at the given location */
            value?: unknown;
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
             * @description Events that broke a rule and wait for repair
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Events that the log took
             */
            received: number;
            /**
             * Format: int64
             * @description Records refused for a counted reason
             */
            rejected: number;
        };
        LedgerAnswer: {
            /** @description Null unless check=true */
            audit: components["schemas"]["Audit"] | null;
            rows: components["schemas"]["LedgerRow"][];
            total: components["schemas"]["Ledger"];
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
             * @description Deliveries of an event received before
             */
            duplicate: number;
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
             * @description Events that broke a rule and wait for repair
             */
            quarantined: number;
            /**
             * Format: int64
             * @description Events that the log took
             */
            received: number;
            /**
             * Format: int64
             * @description Records refused for a counted reason
             */
            rejected: number;
            source: string;
        };
        LineError: {
            /** Format: int64 */
            column: number;
            /** Format: int64 */
            line: number;
            message: string;
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
            /** @description Rows of table quarantine */
            quarantine: {
                [key: string]: unknown;
            }[];
            raw: components["schemas"]["RawPayload"];
            source: components["schemas"]["PassportSource"];
            timeline: components["schemas"]["Step"][];
            /** @enum {string} */
            verdict: "accepted" | "duplicate" | "quarantined" | "rejected" | "pending";
            /** @description Adapter and rules that made the row, as name@version */
            versions: string;
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
        RowDiff: {
            a?: unknown;
            b?: unknown;
            key: string;
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
        SQLAnswer: {
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
        SchemaAnswer: {
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
            /** @enum {string} */
            state: "starting" | "running" | "retrying" | "broken";
            topic: string;
        };
        SinksAnswer: {
            sinks: components["schemas"]["SinkRow"][];
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
            step: "happened" | "received" | "logged" | "decoded" | "corrected" | "enriched" | "accepted" | "quarantined" | "rejected" | "duplicate" | "pending" | "stored";
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
            query?: never;
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
            query?: never;
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
    ledger: {
        parameters: {
            query?: {
                /** @description Grain of the rows: source since the beginning, minute of receipt, day of event time */
                by?: "total" | "source" | "minute" | "day";
                /** @description Only this source */
                source?: string;
                /** @description Start, inclusive. With by=minute the last 24 hours when absent */
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
    quarantine: {
        parameters: {
            query?: {
                /** @description Start in event time, inclusive. Absent: the first event */
                from?: string;
                /** @description End in event time, exclusive. Absent: the last event */
                to?: string;
                /** @description Only this source */
                source?: string;
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
    schema: {
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
    sql: {
        parameters: {
            query?: never;
            header?: {
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
