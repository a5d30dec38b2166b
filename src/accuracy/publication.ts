/** A repository that many rows cite file by file is one publication: the row's id says which result it is. */
const WHOLE_REPOSITORIES = /^(github:(?:mlcommons\/[^:]+|ml-energy\/leaderboard|ClickHouse\/ClickBench|HuaizhengZhang\/MIGProfiler|handy-computer\/transcribe\.cpp)):.*(@[0-9a-f]+)$/

/** One table that several files of a repository print, whole or its best rows. */
const ONE_TABLE = /^(github:sail-sg\/envpool):.*$/

/** What a row's `source` counts as when sources are told apart: one table, one paper, one repository of results. */
export const publicationOf = (source: string): string => source.replace(WHOLE_REPOSITORIES, '$1$2').replace(ONE_TABLE, '$1')
