"`from fasterlth.all import *` gives the names that users write, and no helpers."
import fasterlth.all

public = '''Groups granularities layer_axes layer_groups plot_groups register_granularity register_layer
    l1_norm large_final l2_norm small_final large_init small_init large_init_large_final small_init_small_final magnitude_increase movement movmag
    updating_magnitude_increase updating_movement updating_movmag random_score lamp taylor snip grasp synflow
    gradients hessian_gradients synaptic_flow Scoring register_input list_inputs
    one_shot iterative geometric geometric_rounds lin cos agp one_cycle dsd ac_dc plot_schedule round_targets
    prunable survey joint_filters make_masks Pruner apply_masks sparsity_of sparsity_by_layer mask_overlap mask_distance mask_table plot_masks pack_mask unpack_mask
    Ticket forward_flops measure_kernels sparse_kernels sparse_layers to_sparse quantize_rest save_sparse load_sparse masks_on find_winning_ticket draw_early_bird compare_tickets
    share_out uniform uniform_plus erk balanced igq smart_ratio budget_table path_masks path_table effective_sparsity
    Snapshot SnapshotCallback ResumeCallback seed_learner MaskCallback SparsifyCallback Training SupermaskCallback DynamicCallback rigl set_ stack_learners GraphCallback
    LotteryTicketFinder EarlyBirdCallback EarlyBirdFinder RewindPoint barrier linear_interpolation plot_stability
    Start Trunk conditions control_of at_init aligned_reinit random_reinit random_by random_erk random_mask random_smart shuffled inverted one_shot_mask sign_constant sign_flipped sign_only
    LotteryStudy find_winning_tickets interval summarize verdict plot_results remaining_axis
    Transfer appended computation_order interpolated transferred compare_models latencies shrink shrink_learner
    OnnxModel load_compressed save_compressed to_int8 to_onnx check_semi_structured semi_structured_layers to_semi_structured Deployed
    ArrayDataset TensorSeries MemoryDL memory_dls digits_dls fashion_mnist_dls mnist_dls mnist1d_dls cifar10_dls
    lenet_300_100 lenet5 conv2 conv4 conv6 small_resnet resnet20 small_vgg16 residual_mlp init_weights'''.split()

def test_all_gives_these_names_and_no_others(): assert sorted(fasterlth.all.__all__)==sorted(public)

def test_fastais_own_names_stay():
    "None of our names hides one of fastai's `vision.all`, except for those that are meant to."
    from fastai.vision import all as fastai
    clash = {n for n in fasterlth.all.__all__ if hasattr(fastai, n) and getattr(fastai, n) is not getattr(fasterlth.all, n)}
    assert not clash
