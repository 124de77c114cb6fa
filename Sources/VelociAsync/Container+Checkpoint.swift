public import Veloci

extension Container {
    /// Writes all that it is to images. It is gone afterwards, unless the options say otherwise; after a failure it goes on as
    /// before. Cancelling the task does not keep it from being done.
    ///
    /// - Parameters:
    ///   - images: the directory, which is made if it is not there.
    ///   - options: how CRIU makes them; their directory is the one above.
    ///   - progress: hears each point that CRIU comes to.
    public func checkpoint(
        to images: String, options: CheckpointOptions? = nil, progress: CheckpointProgress? = nil
    ) async throws(Failure) {
        try await BlockingWork.run { [self] () throws(Failure) in
            var request = CheckpointRequest(id, options: options ?? CheckpointOptions(imagePath: images))
            request.options.imagePath = images
            request.progress = progress
            try runtime.checkpoint(request)
        }
    }
}

extension Runtime {
    /// Makes a container again out of images. Its programs go on where they were; nothing of it is left after a failure.
    ///
    /// - Parameters:
    ///   - request: the container, as `create` asks for one.
    ///   - images: the directory that a checkpoint wrote.
    ///   - options: how CRIU takes them; their directory is the one above.
    ///   - progress: hears each point that CRIU comes to.
    /// - Returns: its first process, a child of this process.
    public func restore(
        _ request: CreateRequest, from images: String, options: CheckpointOptions? = nil, progress: CheckpointProgress? = nil
    ) async throws(Failure) -> ContainerProcess {
        try await BlockingWork.run { [self] () throws(Failure) in
            var wanted = RestoreRequest(request, options: options ?? CheckpointOptions(imagePath: images))
            wanted.options.imagePath = images
            wanted.progress = progress
            return try restore(wanted)
        }
    }
}
